import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { removeInputs } from './remove-inputs.ts';

/** The input is gone at once, with its labels and vectors; its bytes follow in the background. */
export const DeleteInput = rpc('DeleteInput', { scope: 'app' }, async (call, request) => {
  const gone = await removeInputs(call, [request.inputId]);
  if (gone.length === 0) throw notFound();
  return {};
});
