import { actionOf, applyPatch, runnerPatch } from '@limpid/domain/patch/index';
import { type Db, type Tx, transaction } from '@limpid/store';
import { lockRunners, updateRunner } from '@limpid/store/db/runners';
import { invalidArgument, RunnerSchema } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireRunner, runnerBody, runnerMessage } from './runner-message.ts';

/** Changes runners, all or none; whatever serves for them goes on. */
export const PatchRunners = rpc(
  'PatchRunners',
  { scope: 'user' },
  async ({ deps, scope }, request) => {
    const { runners: patches, action, computeClusterId: clusterId, nodepoolId } = request;
    actionOf(action, runnerPatch.actions);
    if (patches.length === 0) throw invalidArgument('runners is empty', 'runner');
    const ids = patches.map(({ id }) => id);
    const find = (db: Db | Tx, id: string) =>
      requireRunner(db, scope, { id, clusterId, nodepoolId });
    await transaction(deps.db, async (tx) => {
      await lockRunners(tx, scope, ids);
      for (const patch of patches) {
        const row = await find(tx, patch.id);
        const before = runnerMessage(deps, row);
        const after = applyPatch(RunnerSchema, before, patch, action, runnerPatch);
        const { numReplicas } = after;
        await updateRunner(tx, row.key, { numReplicas, body: runnerBody(after) });
      }
    });
    const rows = await Promise.all(ids.map((id) => find(deps.db, id)));
    return { runners: rows.map((row) => runnerMessage(deps, row)) };
  },
);
