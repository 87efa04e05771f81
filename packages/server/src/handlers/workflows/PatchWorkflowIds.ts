import { actionOf } from '@limpid/domain/patch/index';
import { requireWorkflowId } from '@limpid/domain/workflow/check-workflow';
import { transaction } from '@limpid/store';
import { lockWorkflow, renameWorkflow } from '@limpid/store/db/workflows';
import { invalidArgument, notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { duplicate } from './PostWorkflows.ts';
import { readWorkflows } from './read-workflows.ts';

/** Gives one workflow another id. The old id is free at once; apps keep their base workflow. */
export const PatchWorkflowIds = rpc('PatchWorkflowIds', { scope: 'app' }, async (call, request) => {
  actionOf(request.action, ['overwrite']);
  const [change, ...others] = request.ids;
  if (!change || others.length > 0) {
    throw invalidArgument('Give exactly one id to change', 'workflow');
  }
  requireWorkflowId(change.newId);
  return await transaction(call.deps.db, async (tx) => {
    const key = await lockWorkflow(tx, call.scope, change.id);
    if (key === undefined) throw notFound();
    const renamed = await renameWorkflow(tx, call.scope, key, change.newId);
    if (!renamed) throw duplicate(change.newId);
    return { workflows: await readWorkflows(tx, [key]) };
  });
});
