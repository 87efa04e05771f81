import { transaction } from '@limpid/store';
import { insertNodepools, listNodepools } from '@limpid/store/db/clusters';
import { alreadyExists, invalidArgument } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireCluster } from '../compute-clusters/cluster-message.ts';
import { nodepoolMessage, storedNodepool } from './nodepool-message.ts';

/** Makes nodepools in a cluster, all or none. */
export const PostNodepools = rpc('PostNodepools', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  const [first] = request.nodepools;
  if (!first) throw invalidArgument('nodepools is empty', 'nodepool');
  const clusterId = request.computeClusterId || first.computeCluster?.id || '';
  const planned = request.nodepools.map(storedNodepool);
  const ids = planned.map(({ id }) => id);
  const rows = await transaction(deps.db, async (tx) => {
    const cluster = await requireCluster(tx, scope, clusterId);
    if (!(await insertNodepools(tx, cluster.key, planned)))
      throw alreadyExists('Nodepool', ids.join(', '));
    return await listNodepools(tx, scope, { clusterId, ids }, { limit: ids.length, offset: 0 });
  });
  return { nodepools: rows.map(nodepoolMessage) };
});
