import { actionOf, applyPatch, computeClusterPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getClusters, lockClusters, updateCluster } from '@limpid/store/db/clusters';
import { ComputeClusterSchema, invalidArgument } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { clusterMessage, requireCluster, storedCluster } from './cluster-message.ts';

/** Describes clusters anew, all or none. */
export const PatchComputeClusters = rpc(
  'PatchComputeClusters',
  { scope: 'user' },
  async ({ deps, scope }, { computeClusters: patches, action }) => {
    actionOf(action, computeClusterPatch.actions);
    if (patches.length === 0) throw invalidArgument('compute_clusters is empty', 'compute cluster');
    const ids = patches.map(({ id }) => id);
    const rows = await transaction(deps.db, async (tx) => {
      await lockClusters(tx, scope, ids);
      for (const patch of patches) {
        const row = await requireCluster(tx, scope, patch.id);
        const before = clusterMessage(row);
        const after = applyPatch(ComputeClusterSchema, before, patch, action, computeClusterPatch);
        const { visibility, body } = storedCluster(after);
        await updateCluster(tx, row.key, { visibility, body });
      }
      return await getClusters(tx, scope, ids);
    });
    return { computeClusters: rows.map(clusterMessage) };
  },
);
