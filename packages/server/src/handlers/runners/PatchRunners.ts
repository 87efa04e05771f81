import { actionOf, applyPatch, runnerPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { type RunnerChange, updateRunner } from '@limpid/store/db/runners';
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
    const find = (id: string) => requireRunner(deps.db, scope, { id, clusterId, nodepoolId });
    const changes: { readonly key: bigint; readonly change: RunnerChange }[] = [];
    for (const patch of patches) {
      const row = await find(patch.id);
      const after = applyPatch(RunnerSchema, runnerMessage(deps, row), patch, action, runnerPatch);
      const change = { numReplicas: after.numReplicas, body: runnerBody(after) };
      changes.push({ key: row.key, change });
    }
    await transaction(deps.db, async (tx) => {
      for (const { key, change } of changes) await updateRunner(tx, key, change);
    });
    const rows = await Promise.all(patches.map(({ id }) => find(id)));
    return { runners: rows.map((row) => runnerMessage(deps, row)) };
  },
);
