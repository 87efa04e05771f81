import { pageOf } from '@limpid/domain/page';
import { listNodepools } from '@limpid/store/db/clusters';
import { rpc } from '../../rpc/rpc.ts';
import { requireCluster } from '../compute-clusters/cluster-message.ts';
import { nodepoolMessage } from './nodepool-message.ts';

/** Nodepools of a cluster, or of all of a user's clusters when none is named. */
export const ListNodepools = rpc('ListNodepools', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  const clusterId = request.computeClusterId;
  if (clusterId) await requireCluster(deps.db, scope, clusterId);
  const rows = await listNodepools(deps.db, scope, clusterId ? { clusterId } : {}, pageOf(request));
  return { nodepools: rows.map(nodepoolMessage) };
});
