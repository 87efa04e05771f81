import { transaction } from '@limpid/store';
import { getClusters, insertClusters } from '@limpid/store/db/clusters';
import { alreadyExists, invalidArgument } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { clusterMessage, storedCluster } from './cluster-message.ts';

/** Makes clusters, all or none. */
export const PostComputeClusters = rpc(
  'PostComputeClusters',
  { scope: 'user' },
  async (call, request) => {
    const { deps, scope } = call;
    const planned = request.computeClusters.map(storedCluster);
    if (planned.length === 0) throw invalidArgument('compute_clusters is empty', 'compute cluster');
    const ids = planned.map(({ id }) => id);
    const rows = await transaction(deps.db, async (tx) => {
      if (!(await insertClusters(tx, scope, planned)))
        throw alreadyExists('Compute cluster', ids.join(', '));
      return await getClusters(tx, scope, ids);
    });
    return { computeClusters: rows.map(clusterMessage) };
  },
);
