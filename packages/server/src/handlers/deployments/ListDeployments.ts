import { pageOf } from '@limpid/domain/page';
import { listDeployments } from '@limpid/store/db/deployments';
import { rpc } from '../../rpc/rpc.ts';
import { deploymentMessage } from './deployment-message.ts';

/** A user's deployments, newest first. */
export const ListDeployments = rpc('ListDeployments', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  const filter = {
    nodepoolId: request.nodepoolId,
    clusterId: request.computeClusterId,
    modelVersionIds: request.modelVersionIds,
  };
  const rows = await listDeployments(deps.db, scope, filter, pageOf(request));
  return { deployments: await Promise.all(rows.map((row) => deploymentMessage(deps, row))) };
});
