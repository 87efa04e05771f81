import { actionOf, applyPatch, workflowPatch } from '@limpid/domain/patch/index';
import { type Tx, transaction } from '@limpid/store';
import { INHERITED } from '@limpid/store/db/place';
import { getWorkflowWithNodes } from '@limpid/store/db/workflow-refs';
import { insertWorkflowVersion } from '@limpid/store/db/workflow-versions';
import { lockWorkflow, lockWorkflows, updateWorkflow } from '@limpid/store/db/workflows';
import {
  create,
  invalidArgument,
  newHexId,
  notFound,
  type Workflow,
  WorkflowSchema,
  WorkflowVersionSchema,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { planNodes } from './plan-nodes.ts';
import { readWorkflows } from './read-workflows.ts';
import { bareWorkflow, storedWorkflow, versionBody } from './workflow-message.ts';

const MAX_BATCH = 128;

/** Changes workflows, all or none. Other nodes make a new version; the versions before stay as they were. */
export const PatchWorkflows = rpc('PatchWorkflows', { scope: 'app' }, async (call, request) => {
  const { workflows: patches, action } = request;
  actionOf(action, workflowPatch.actions);
  if (patches.length === 0 || patches.length > MAX_BATCH) {
    throw invalidArgument(`Give 1 to ${MAX_BATCH} workflows`, 'workflow');
  }
  return await transaction(call.deps.db, async (tx) => {
    await lockWorkflows(
      tx,
      call.scope,
      patches.map(({ id }) => id),
    );
    const keys: bigint[] = [];
    for (const patch of patches) keys.push(await patchWorkflow(call, tx, patch, action));
    return { workflows: await readWorkflows(tx, keys) };
  });
});

async function patchWorkflow(
  call: Call<'app'>,
  tx: Tx,
  patch: Workflow,
  action: string,
): Promise<bigint> {
  const key = await lockWorkflow(tx, call.scope, patch.id);
  const found = key === undefined ? undefined : await getWorkflowWithNodes(tx, key);
  if (!found) throw notFound();
  const { workflow: row, nodes: current } = found;
  const before = bareWorkflow(row, current);
  const after = applyPatch(WorkflowSchema, before, patch, action, workflowPatch);
  await updateWorkflow(tx, row.key, storedWorkflow(after));
  if (patch.nodes.length > 0) {
    const nodes = await planNodes(tx, call, after.nodes, current);
    const { version } = patch;
    await insertWorkflowVersion(tx, row.key, {
      id: newHexId(call.deps.random),
      visibility: version?.visibility?.gettable || INHERITED,
      body: versionBody(version ?? create(WorkflowVersionSchema)),
      nodes,
    });
  }
  return row.key;
}
