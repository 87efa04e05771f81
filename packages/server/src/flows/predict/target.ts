// Which model version answers a request, and which runners may serve it.
import { grantUser } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { SHARED_APP } from '@limpid/store/db/app-refs';
import { type DeploymentRow, listDeployments } from '@limpid/store/db/deployments';
import { type FoundModel, findModelVersion } from '@limpid/store/db/model-refs';
import type { ModelVersionRow } from '@limpid/store/db/model-versions';
import type { ModelRow } from '@limpid/store/db/models';
import { runnersFor } from '@limpid/store/db/runners';
import { findUserForScope } from '@limpid/store/db/scopes';
import { findVersionByKey } from '@limpid/store/db/worker-refs';
import {
  modelNotFound,
  notFound,
  type PostModelOutputsRequest,
  StatusCode,
  StatusError,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { Target } from '../../runners/dispatcher-types.ts';

export interface PredictTarget {
  readonly model: ModelRow;
  readonly version: ModelVersionRow;
  readonly runners: Target;
  /** One of the instance's own models: its outputs are put in order here. */
  readonly builtIn: boolean;
}

const ONE = { limit: 1, offset: 0 };

/** Resolves the request's selector or model ids; throws what the caller is to be told when nothing can serve. */
export async function findTarget(
  call: Call<'any'>,
  request: PostModelOutputsRequest,
): Promise<PredictTarget> {
  const deployment = request.runnerSelector?.deployment;
  if (deployment?.id) return await deploymentTarget(call, deployment.id, deployment.userId);
  const { deps, caller, scope } = call;
  const found = requireVersion(
    await findModelVersion(deps.db, caller, {
      scope,
      modelId: request.modelId,
      versionId: request.versionId,
      ready: true,
    }),
  );
  const runnerId = request.runnerSelector?.runner?.id;
  const owners = [...new Set([caller.userKey, found.model.owner_key])];
  const keys: bigint[] = [];
  for (const userKey of owners) {
    const wanted = { modelVersion: found.version.key, userKey, ...(runnerId && { runnerId }) };
    keys.push(...(await runnersFor(deps.db, wanted)));
  }
  return withRunners(found, keys);
}

/** A deployment serves the version that it is pinned to, whatever model the request names beside it. */
async function deploymentTarget(
  call: Call<'any'>,
  id: string,
  userId: string,
): Promise<PredictTarget> {
  const { db } = call.deps;
  const row = await visibleDeployment(call, id, userId || call.caller.userId);
  if (row.disabled) throw new StatusError(StatusCode.DEPLOYMENT_DISABLED);
  const pinned = row.model_version;
  const found = requireVersion(pinned === null ? undefined : await findVersionByKey(db, pinned));
  const wanted = { modelVersion: found.version.key, userKey: row.user_key, deployment: row.key };
  return withRunners(found, await runnersFor(db, wanted));
}

async function visibleDeployment(
  call: Call<'any'>,
  id: string,
  userId: string,
): Promise<DeploymentRow> {
  const { deps, caller } = call;
  const owner = await findUserForScope(deps.db, userId === 'me' ? caller.userId : userId);
  if (!owner) throw notFound();
  const self = owner.key === caller.userKey;
  const scope = grantUser({ userKey: owner.key, userId: owner.id, self });
  const [row] = await listDeployments(deps.db, scope, { ids: [id] }, ONE);
  if (!row || (!self && owner.visibility < PUBLIC)) throw notFound();
  return row;
}

interface Ready {
  readonly model: ModelRow;
  readonly version: ModelVersionRow;
}

function requireVersion(found: FoundModel | undefined): Ready {
  if (!found?.version) throw modelNotFound();
  return { model: found.model, version: found.version };
}

/** Where no runner was ever made none will come by itself, and a client told to retry would wait for ever. */
function withRunners(found: Ready, keys: readonly bigint[]): PredictTarget {
  if (keys.length === 0) {
    throw new StatusError(StatusCode.MODEL_NOT_DEPLOYED, {
      details: 'no runner or deployment serves this model version',
    });
  }
  const { model } = found;
  const builtIn = model.user_id === SHARED_APP.userId && model.app_id === SHARED_APP.appId;
  return { ...found, builtIn, runners: { runnerKeys: keys.map(String), mayCome: true } };
}
