import { type Tx, transaction } from '@limpid/store';
import { insertDeployment } from '@limpid/store/db/deployments';
import {
  alreadyExists,
  type Deployment,
  invalidArgument,
  isClientId,
  newHexId,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { deploymentMessage, requireDeployment, storedDeployment } from './deployment-message.ts';
import { nodepoolKeys, workerVersion } from './place.ts';

/** Makes deployments, all or none, each pinned to one model version. */
export const PostDeployments = rpc('PostDeployments', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  if (request.deployments.length === 0) throw invalidArgument('deployments is empty', 'deployment');
  const ids = request.deployments.map(({ id }) => id || newHexId(deps.random));
  const wrong = ids.find((id) => !isClientId(id));
  if (wrong !== undefined)
    throw invalidArgument(`'${wrong.slice(0, 80)}' is not a valid id`, 'deployment');
  await transaction(deps.db, async (tx) => {
    // Both lists are in the order of the request.
    for (const [index, deployment] of request.deployments.entries())
      await insertOne(tx, call, ids[index] as string, deployment);
  });
  const rows = await Promise.all(ids.map((id) => requireDeployment(deps.db, scope, id)));
  return { deployments: await Promise.all(rows.map((row) => deploymentMessage(deps, row))) };
});

async function insertOne(
  tx: Tx,
  { caller, scope }: Call<'user'>,
  id: string,
  deployment: Deployment,
): Promise<void> {
  const version = await workerVersion(tx, caller, deployment.desiredWorker ?? deployment.worker);
  if (version === null) throw invalidArgument('a deployment needs a worker', 'deployment');
  const fields = await storedDeployment(tx, scope, deployment, version);
  const nodepools = await nodepoolKeys(tx, scope, deployment.nodepools);
  const key = await insertDeployment(tx, scope, id, fields, nodepools);
  if (key === undefined) throw alreadyExists('Deployment', id);
}
