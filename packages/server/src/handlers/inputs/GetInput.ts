import { getInputs } from '@limpid/store/db/inputs';
import { notFound } from '@limpid/wire';
import { presentInputs } from '../../present/inputs.ts';
import { rpc } from '../../rpc/rpc.ts';

export const GetInput = rpc('GetInput', { scope: 'app' }, async (call, request) => {
  const rows = await getInputs(call.deps.db, call.scope, [request.inputId]);
  const [input] = await presentInputs(call, rows);
  if (!input) throw notFound();
  return { input };
});
