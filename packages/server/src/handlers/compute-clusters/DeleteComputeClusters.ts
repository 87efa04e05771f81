import { transaction } from '@limpid/store';
import { deleteClusters, listNodepools } from '@limpid/store/db/clusters';
import { invalidArgument, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes empty clusters, all or none. */
export const DeleteComputeClusters = rpc(
  'DeleteComputeClusters',
  { scope: 'user' },
  async (call, request) => {
    const { deps, scope } = call;
    const ids = [...new Set(request.ids)];
    await transaction(deps.db, async (tx) => {
      for (const clusterId of ids) {
        const [inside] = await listNodepools(tx, scope, { clusterId }, { limit: 1, offset: 0 });
        if (inside)
          throw invalidArgument(
            `'${clusterId}' still has nodepool '${inside.id}'`,
            'compute cluster',
          );
      }
      if ((await deleteClusters(tx, scope, ids)) < ids.length) throw notFound();
    });
    return {};
  },
);
