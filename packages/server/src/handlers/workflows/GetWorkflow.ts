import { rpc } from '../../rpc/rpc.ts';
import { requireWorkflow } from './find-workflow.ts';
import { workflowMessage } from './workflow-message.ts';

/** A workflow with its newest version; without an id, the base workflow of the app. */
export const GetWorkflow = rpc('GetWorkflow', { scope: 'any' }, async (call, request) => {
  const { workflow, nodes } = await requireWorkflow(call, request.workflowId);
  return { workflow: workflowMessage(workflow, nodes) };
});
