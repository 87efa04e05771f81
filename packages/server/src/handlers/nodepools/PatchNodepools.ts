import { actionOf, applyPatch, nodepoolPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { lockNodepools, updateNodepool } from '@limpid/store/db/clusters';
import { invalidArgument, type Nodepool, NodepoolSchema } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { nodepoolMessage, requireNodepool, storedNodepool } from './nodepool-message.ts';

/** Changes nodepools of a cluster, all or none. */
export const PatchNodepools = rpc(
  'PatchNodepools',
  { scope: 'user' },
  async ({ deps, scope }, request) => {
    const { nodepools: patches, action } = request;
    actionOf(action, nodepoolPatch.actions);
    const [first] = patches;
    if (!first) throw invalidArgument('nodepools is empty', 'nodepool');
    const cluster = request.computeClusterId || first.computeCluster?.id || '';
    const ids = patches.map(({ id }) => id);
    await transaction(deps.db, async (tx) => {
      await lockNodepools(tx, scope, cluster, ids);
      for (const patch of patches) {
        const row = await requireNodepool(tx, scope, cluster, patch.id);
        const { visibility, body } = storedNodepool(patched(nodepoolMessage(row), patch, action));
        await updateNodepool(tx, row.key, { visibility, body });
      }
    });
    const rows = ids.map((id) => requireNodepool(deps.db, scope, cluster, id));
    return { nodepools: (await Promise.all(rows)).map(nodepoolMessage) };
  },
);

function patched(before: Nodepool, patch: Nodepool, action: string): Nodepool {
  const after = applyPatch(NodepoolSchema, before, patch, action, nodepoolPatch);
  // A least number of none can not be told from one that was left out; whoever sends the most means both.
  if (patch.maxInstances > 0) after.minInstances = patch.minInstances;
  return after;
}
