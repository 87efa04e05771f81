import { inputLimits } from '@limpid/domain/input/media';
import { invalidArgument } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { removeInputs } from './remove-inputs.ts';

/** No ids delete nothing, and ids that are gone already are no error: clients clean up so after every batch. */
export const DeleteInputs = rpc('DeleteInputs', { scope: 'app' }, async (call, request) => {
  if (request.ids.length > inputLimits.perCall) {
    throw invalidArgument(`one call deletes at most ${inputLimits.perCall} inputs`, 'input');
  }
  await removeInputs(call, request.ids);
  return {};
});
