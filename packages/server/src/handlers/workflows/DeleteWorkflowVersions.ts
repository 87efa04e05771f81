import { transaction } from '@limpid/store';
import { deleteWorkflowVersions } from '@limpid/store/db/workflow-versions';
import { lockWorkflow } from '@limpid/store/db/workflows';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes the named versions of a workflow, all or none. No ids delete nothing. */
export const DeleteWorkflowVersions = rpc(
  'DeleteWorkflowVersions',
  { scope: 'app' },
  async (call, request) => {
    const { workflowId, workflowVersionIds: ids } = request;
    await transaction(call.deps.db, async (tx) => {
      const key = await lockWorkflow(tx, call.scope, workflowId);
      if (key === undefined) throw notFound();
      const gone = new Set(await deleteWorkflowVersions(tx, key, ids));
      if (ids.some((id) => !gone.has(id))) throw notFound();
    });
    return {};
  },
);
