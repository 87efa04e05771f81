import { isStillReferenced, transaction } from '@limpid/store';
import { deleteNodepools } from '@limpid/store/db/clusters';
import { invalidArgument, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireCluster } from '../compute-clusters/cluster-message.ts';

/** Deletes nodepools that nothing runs in, all or none. */
export const DeleteNodepools = rpc('DeleteNodepools', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  const cluster = await requireCluster(deps.db, scope, request.computeClusterId);
  const ids = [...new Set(request.ids)];
  try {
    await transaction(deps.db, async (tx) => {
      if ((await deleteNodepools(tx, cluster.key, ids)) < ids.length) throw notFound();
    });
  } catch (error) {
    if (!isStillReferenced(error)) throw error;
    throw invalidArgument('A nodepool still has runners or deployments', 'nodepool');
  }
  return {};
});
