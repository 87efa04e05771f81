import { inputLimits } from '@limpid/domain/input/media';
import { getInputs } from '@limpid/store/db/inputs';
import { invalidArgument, invalidRequest } from '@limpid/wire';
import { patchInputs } from '../../flows/ingest/patch.ts';
import { presentInputs } from '../../present/inputs.ts';
import { rpc } from '../../rpc/rpc.ts';

/** Changes labels, metadata and place of inputs, all or none; their media stays what it is. */
export const PatchInputs = rpc('PatchInputs', { scope: 'app' }, async (call, request) => {
  const { deps, caller, scope } = call;
  const { inputs, action } = request;
  if (inputs.length === 0) throw invalidRequest('inputs is empty');
  if (inputs.length > inputLimits.perCall) {
    throw invalidArgument(`one call patches at most ${inputLimits.perCall} inputs`, 'input');
  }
  await patchInputs(deps, caller, scope, inputs, action);
  const rows = await getInputs(
    deps.db,
    scope,
    inputs.map((input) => input.id),
  );
  return { inputs: await presentInputs(call, rows) };
});
