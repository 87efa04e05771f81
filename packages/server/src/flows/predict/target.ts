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
  invalidArgument,
  modelNotFound,
  notFound,
  type PostModelOutputsRequest,
  type RunnerSelector,
  StatusCode,
  StatusError,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { Target } from '../../runners/dispatcher-types.ts';
import { contextOf, type PredictContext } from './context.ts';

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
  const context = contextOf(call);
  if (deployment?.id) return await deploymentTarget(context, deployment.id, deployment.userId);
  const { deps, caller, scope } = call;
  const { modelId, versionId } = request;
  const place = scope?.kind === 'app' ? scope.appKey : scope?.userKey;
  const asked = [caller.credential.key, scope?.kind, place, modelId, versionId].map(String);
  const found = requireVersion(
    await call.known.get(`model ${JSON.stringify(asked)}`, () =>
      findModelVersion(deps.db, caller, { scope, modelId, versionId, ready: true }),
    ),
  );
  return await ownTarget(context, found, request.runnerSelector?.runner?.id);
}

/** A version that a workflow's node is pinned to, on the runners that the caller selects, if any. */
export async function findNodeTarget(
  context: PredictContext,
  found: FoundModel,
  selector: RunnerSelector | undefined,
): Promise<PredictTarget> {
  const ready = requireVersion(found);
  const { id, userId = '' } = selector?.deployment ?? {};
  if (!id) return await ownTarget(context, ready, selector?.runner?.id);
  const target = await deploymentTarget(context, id, userId);
  if (target.version.key === ready.version.key) return target;
  throw invalidArgument(
    `deployment '${id}' does not serve version '${ready.version.id}' of model '${ready.model.id}'`,
    'deployment',
  );
}

/** Runners of the user and of the model's owner. */
async function ownTarget(
  { deps, user, known }: PredictContext,
  found: Ready,
  runnerId: string | undefined,
): Promise<PredictTarget> {
  const keys: bigint[] = [];
  for (const userKey of new Set([user.key, found.model.owner_key])) {
    const wanted = { modelVersion: found.version.key, userKey, ...(runnerId && { runnerId }) };
    const asked = [found.version.key, userKey, runnerId].map(String);
    const key = `runners ${JSON.stringify(asked)}`;
    keys.push(...((await known.get(key, () => runnersFor(deps.db, wanted))) ?? []));
  }
  return withRunners(found, keys);
}

/** A deployment serves the version that it is pinned to, whatever model the request names beside it. */
async function deploymentTarget(
  context: PredictContext,
  id: string,
  userId: string,
): Promise<PredictTarget> {
  const { db } = context.deps;
  const row = await visibleDeployment(context, id, userId || context.user.id);
  if (row.disabled) throw new StatusError(StatusCode.DEPLOYMENT_DISABLED);
  const pinned = row.model_version;
  const found = requireVersion(pinned === null ? undefined : await findVersionByKey(db, pinned));
  const wanted = { modelVersion: found.version.key, userKey: row.user_key, deployment: row.key };
  return withRunners(found, await runnersFor(db, wanted));
}

async function visibleDeployment(
  { deps, user }: PredictContext,
  id: string,
  userId: string,
): Promise<DeploymentRow> {
  const owner = await findUserForScope(deps.db, userId === 'me' ? user.id : userId);
  if (!owner) throw notFound();
  const self = owner.key === user.key;
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
