import { rpc } from '../../rpc/rpc.ts';
import { removeWorkflows } from './DeleteWorkflows.ts';

export const DeleteWorkflow = rpc('DeleteWorkflow', { scope: 'app' }, async (call, request) => {
  await removeWorkflows(call.deps.db, call.scope, [request.workflowId]);
  return {};
});
