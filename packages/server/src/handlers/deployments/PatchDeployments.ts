import { actionOf, applyPatch, deploymentPatch } from '@limpid/domain/patch/index';
import { type Tx, transaction } from '@limpid/store';
import { lockDeployments, setNodepools, updateDeployment } from '@limpid/store/db/deployments';
import { type Deployment, DeploymentSchema, invalidArgument } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import {
  bareDeployment,
  deploymentMessage,
  requireDeployment,
  storedDeployment,
} from './deployment-message.ts';
import { nodepoolKeys, workerVersion } from './place.ts';

/** Overwrites what the patches carry, all or none. `desired_worker` moves a deployment to another version. */
export const PatchDeployments = rpc(
  'PatchDeployments',
  { scope: 'user' },
  async (call, request) => {
    const { deps, scope } = call;
    actionOf(request.action, ['overwrite']);
    if (request.deployments.length === 0)
      throw invalidArgument('deployments is empty', 'deployment');
    const ids = request.deployments.map(({ id }) => id);
    await transaction(deps.db, async (tx) => {
      await lockDeployments(tx, scope, ids);
      for (const patch of request.deployments) await patchOne(tx, call, patch, request.action);
    });
    const rows = await Promise.all(ids.map((id) => requireDeployment(deps.db, scope, id)));
    return { deployments: await Promise.all(rows.map((row) => deploymentMessage(deps, row))) };
  },
);

async function patchOne(
  tx: Tx,
  { caller, scope }: Call<'user'>,
  patch: Deployment,
  action: string,
): Promise<void> {
  const row = await requireDeployment(tx, scope, patch.id);
  const after = applyPatch(DeploymentSchema, bareDeployment(row), patch, action, deploymentPatch);
  const version = (await workerVersion(tx, caller, patch.desiredWorker)) ?? row.model_version;
  await updateDeployment(tx, row.key, await storedDeployment(tx, scope, after, version));
  if (patch.nodepools.length === 0) return;
  await setNodepools(tx, row.key, await nodepoolKeys(tx, scope, patch.nodepools));
}
