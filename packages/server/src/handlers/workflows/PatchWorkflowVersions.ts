import { actionOf, applyPatch } from '@limpid/domain/patch/index';
import { workflowVersionPatch } from '@limpid/domain/workflow/version-patch';
import { transaction } from '@limpid/store';
import {
  getWorkflowNodes,
  getWorkflowVersions,
  lockWorkflowVersions,
  updateWorkflowVersion,
} from '@limpid/store/db/workflow-versions';
import { getWorkflows, lockWorkflow } from '@limpid/store/db/workflows';
import { invalidArgument, notFound, WorkflowVersionSchema } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { versionBody, versionMessage } from './workflow-message.ts';

const MAX_BATCH = 128;

/** Changes what is said of versions, all or none. Their nodes are what was saved. */
export const PatchWorkflowVersions = rpc(
  'PatchWorkflowVersions',
  { scope: 'app' },
  async (call, request) => {
    const { workflowVersions: patches, action } = request;
    actionOf(action, workflowVersionPatch.actions);
    if (patches.length === 0 || patches.length > MAX_BATCH) {
      throw invalidArgument(`Give 1 to ${MAX_BATCH} workflow versions`, 'workflow');
    }
    return await transaction(call.deps.db, async (tx) => {
      const key = await lockWorkflow(tx, call.scope, request.workflowId);
      const [workflow] = key === undefined ? [] : await getWorkflows(tx, [key]);
      if (!workflow) throw notFound();
      const keys: bigint[] = [];
      for (const patch of patches) {
        const [row] = await lockWorkflowVersions(tx, workflow.key, [patch.id]);
        if (!row) throw notFound();
        const current = versionMessage(row, workflow, []);
        const version = applyPatch(
          WorkflowVersionSchema,
          current,
          patch,
          action,
          workflowVersionPatch,
        );
        const visibility = patch.visibility?.gettable || row.visibility;
        await updateWorkflowVersion(tx, row.key, { visibility, body: versionBody(version) });
        keys.push(row.key);
      }
      const rows = await getWorkflowVersions(tx, keys);
      const nodes = await getWorkflowNodes(tx, keys);
      return {
        workflowVersions: rows.map((row) =>
          versionMessage(row, workflow, nodes.get(row.key) ?? []),
        ),
      };
    });
  },
);
