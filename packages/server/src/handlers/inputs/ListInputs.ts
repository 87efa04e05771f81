import { pageOf } from '@limpid/domain/page';
import { listInputs } from '@limpid/store/db/inputs';
import { presentInputs } from '../../present/inputs.ts';
import { rpc } from '../../rpc/rpc.ts';

/** Inputs in the order in which they came, narrowed by ids and by status. */
export const ListInputs = rpc('ListInputs', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const filter = {
    ...(request.status?.code && { statusCode: request.status.code }),
    ...(request.ids.length > 0 && { ids: request.ids }),
  };
  const rows = await listInputs(deps.db, scope, filter, pageOf(request));
  return { inputs: await presentInputs(call, rows) };
});
