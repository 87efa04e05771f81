import { pageOf } from '@limpid/domain/page';
import { getWorkflowNodes, listWorkflowVersions } from '@limpid/store/db/workflow-versions';
import { rpc } from '../../rpc/rpc.ts';
import { requireWorkflow } from './find-workflow.ts';
import { versionMessage } from './workflow-message.ts';

/** Versions of a workflow with their nodes, newest first. */
export const ListWorkflowVersions = rpc(
  'ListWorkflowVersions',
  { scope: 'any' },
  async (call, request) => {
    const page = pageOf(request);
    const { workflow, own } = await requireWorkflow(call, request.workflowId);
    const { db } = call.deps;
    const rows = await listWorkflowVersions(db, workflow.key, own, page);
    const nodes = await getWorkflowNodes(
      db,
      rows.map(({ key }) => key),
    );
    return {
      workflowVersions: rows.map((row) => versionMessage(row, workflow, nodes.get(row.key) ?? [])),
    };
  },
);
