import { rpc } from '../../rpc/rpc.ts';
import { deploymentMessage, requireDeployment } from './deployment-message.ts';

export const GetDeployment = rpc('GetDeployment', { scope: 'user' }, async (call, request) => {
  const row = await requireDeployment(call.deps.db, call.scope, request.deploymentId);
  return { deployment: await deploymentMessage(call.deps, row) };
});
