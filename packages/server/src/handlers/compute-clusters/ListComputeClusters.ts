import { pageOf } from '@limpid/domain/page';
import { listClusters } from '@limpid/store/db/clusters';
import { rpc } from '../../rpc/rpc.ts';
import { clusterMessage } from './cluster-message.ts';

/** A user's clusters in the order they were made. */
export const ListComputeClusters = rpc(
  'ListComputeClusters',
  { scope: 'user' },
  async (call, request) => {
    const rows = await listClusters(call.deps.db, call.scope, pageOf(request));
    return { computeClusters: rows.map(clusterMessage) };
  },
);
