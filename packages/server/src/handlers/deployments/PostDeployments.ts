import { transaction } from '@limpid/store';
import { type DeploymentFields, insertDeployment } from '@limpid/store/db/deployments';
import { alreadyExists, invalidArgument, isClientId, newHexId } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { deploymentMessage, requireDeployment, storedDeployment } from './deployment-message.ts';
import { nodepoolKeys, workerVersion } from './place.ts';

interface Planned {
  readonly id: string;
  readonly fields: DeploymentFields;
  readonly nodepools: readonly bigint[];
}

/** Makes deployments, all or none, each pinned to one model version. */
export const PostDeployments = rpc('PostDeployments', { scope: 'user' }, async (call, request) => {
  const { deps, caller, scope } = call;
  if (request.deployments.length === 0) throw invalidArgument('deployments is empty', 'deployment');
  const planned: Planned[] = [];
  for (const deployment of request.deployments) {
    const id = deployment.id || newHexId(deps.random);
    if (!isClientId(id))
      throw invalidArgument(`'${id.slice(0, 80)}' is not a valid id`, 'deployment');
    const version = await workerVersion(
      deps.db,
      caller,
      deployment.desiredWorker ?? deployment.worker,
    );
    if (version === null) throw invalidArgument('a deployment needs a worker', 'deployment');
    const fields = await storedDeployment(deps.db, scope, deployment, version);
    planned.push({
      id,
      fields,
      nodepools: await nodepoolKeys(deps.db, scope, deployment.nodepools),
    });
  }
  await transaction(deps.db, async (tx) => {
    for (const { id, fields, nodepools } of planned) {
      const key = await insertDeployment(tx, scope, id, fields, nodepools);
      if (key === undefined) throw alreadyExists('Deployment', id);
    }
  });
  const rows = await Promise.all(planned.map(({ id }) => requireDeployment(deps.db, scope, id)));
  return { deployments: await Promise.all(rows.map((row) => deploymentMessage(deps, row))) };
});
