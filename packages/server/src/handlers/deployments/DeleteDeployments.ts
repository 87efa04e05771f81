import { transaction } from '@limpid/store';
import { deleteDeployments } from '@limpid/store/db/deployments';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes deployments, all or none. */
export const DeleteDeployments = rpc(
  'DeleteDeployments',
  { scope: 'user' },
  async (call, request) => {
    const ids = [...new Set(request.ids)];
    await transaction(call.deps.db, async (tx) => {
      if ((await deleteDeployments(tx, call.scope, ids)) < ids.length) throw notFound();
    });
    return {};
  },
);
