import { rpc } from '../../rpc/rpc.ts';
import { clusterMessage, requireCluster } from './cluster-message.ts';

export const GetComputeCluster = rpc(
  'GetComputeCluster',
  { scope: 'user' },
  async (call, request) => {
    const row = await requireCluster(call.deps.db, call.scope, request.computeClusterId);
    return { computeCluster: clusterMessage(row) };
  },
);
