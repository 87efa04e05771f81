import { actionOf, applyPatch, deploymentPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import {
  type DeploymentFields,
  setNodepools,
  updateDeployment,
} from '@limpid/store/db/deployments';
import { DeploymentSchema, invalidArgument } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { deploymentMessage, requireDeployment, storedDeployment } from './deployment-message.ts';
import { nodepoolKeys, workerVersion } from './place.ts';

interface Change {
  readonly key: bigint;
  readonly fields: DeploymentFields;
  readonly nodepools: readonly bigint[] | undefined;
}

/** Overwrites what the patches carry, all or none. `desired_worker` moves a deployment to another version. */
export const PatchDeployments = rpc(
  'PatchDeployments',
  { scope: 'user' },
  async (call, request) => {
    const { deps, scope } = call;
    actionOf(request.action, ['overwrite']);
    if (request.deployments.length === 0)
      throw invalidArgument('deployments is empty', 'deployment');
    const changes: Change[] = [];
    for (const patch of request.deployments) {
      const row = await requireDeployment(deps.db, scope, patch.id);
      const before = await deploymentMessage(deps, row);
      const after = applyPatch(DeploymentSchema, before, patch, request.action, deploymentPatch);
      const version = (await workerVersion(call, patch.desiredWorker)) ?? row.model_version;
      const fields = await storedDeployment(deps, scope, after, version);
      const named = patch.nodepools.length > 0;
      const nodepools = named ? await nodepoolKeys(call, scope, patch.nodepools) : undefined;
      changes.push({ key: row.key, fields, nodepools });
    }
    await transaction(deps.db, async (tx) => {
      for (const { key, fields, nodepools } of changes) {
        await updateDeployment(tx, key, fields);
        if (nodepools) await setNodepools(tx, key, nodepools);
      }
    });
    const ids = request.deployments.map(({ id }) => id);
    const rows = await Promise.all(ids.map((id) => requireDeployment(deps.db, scope, id)));
    return { deployments: await Promise.all(rows.map((row) => deploymentMessage(deps, row))) };
  },
);
