import { rpc } from '../../rpc/rpc.ts';
import { requireVersion } from './find-workflow.ts';
import { versionMessage } from './workflow-message.ts';

/** The version that is named, or the newest. */
export const GetWorkflowVersion = rpc(
  'GetWorkflowVersion',
  { scope: 'any' },
  async (call, request) => {
    const { workflowId, workflowVersionId } = request;
    const { workflow, version, nodes } = await requireVersion(call, workflowId, workflowVersionId);
    return { workflowVersion: versionMessage(version, workflow, nodes) };
  },
);
