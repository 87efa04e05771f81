import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { UserScope } from '@limpid/domain/access/authority';
import { PRIVATE, PUBLIC } from '@limpid/domain/access/visibility';
import type { Db, Tx } from '@limpid/store';
import {
  type DeploymentFields,
  type DeploymentRow,
  listDeployments,
} from '@limpid/store/db/deployments';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import { runnersFor } from '@limpid/store/db/runners';
import { findUserForScope } from '@limpid/store/db/scopes';
import {
  create,
  type Deployment,
  Deployment_Status,
  DeploymentMetricsSchema,
  DeploymentSchema,
  notFound,
  profileNotPublic,
  VisibilitySchema,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { nodepoolMessage } from '../nodepools/nodepool-message.ts';
import { workerMessage } from '../runners/worker-message.ts';

const OMITTED = [
  'id',
  'userId',
  'visibility',
  'createdAt',
  'modifiedAt',
  'worker',
  'desiredWorker',
  'nodepools',
  'status',
  'deploymentMetrics',
] as const;

/** A deployment as clients see it, with how many processes serve it at this moment. */
export async function deploymentMessage(deps: Deps, row: DeploymentRow): Promise<Deployment> {
  const deployment = bareDeployment(row);
  const wanted = deployment.autoscaleConfig?.minReplicas ?? 0;
  deployment.deploymentMetrics = await metricsOf(deps, row, wanted);
  return deployment;
}

/** Without what is counted at this moment. */
export function bareDeployment(row: DeploymentRow): Deployment {
  const deployment = readDoc(DeploymentSchema, row.body);
  deployment.id = row.id;
  deployment.userId = row.user_id;
  deployment.visibility = create(VisibilitySchema, { gettable: row.visibility });
  deployment.createdAt = timestampFromDate(row.created_at);
  deployment.modifiedAt = timestampFromDate(row.modified_at);
  deployment.nodepools = row.nodepools.map(nodepoolMessage);
  deployment.status = row.disabled ? Deployment_Status.DISABLED : Deployment_Status.ENABLED;
  if (row.model) {
    deployment.worker = workerMessage(row.model);
    deployment.desiredWorker = workerMessage(row.model);
  }
  return deployment;
}

async function metricsOf(deps: Deps, row: DeploymentRow, wanted: number) {
  const keys =
    row.model_version === null
      ? []
      : await runnersFor(deps.db, {
          modelVersion: row.model_version,
          userKey: row.user_key,
          deployment: row.key,
        });
  const live = keys.reduce((sum, key) => sum + deps.runners.statsOf(String(key)).replicas, 0);
  const aggregate = { desiredReplicas: Math.max(wanted, keys.length), liveReplicas: live };
  return create(DeploymentMetricsSchema, { ...aggregate, aggregate });
}

/** Splits a deployment that is to be stored into columns and body. */
export async function storedDeployment(
  db: Db | Tx,
  owner: UserScope,
  deployment: Deployment,
  modelVersion: bigint | null,
): Promise<DeploymentFields> {
  const visibility = deployment.visibility?.gettable || PRIVATE;
  if (visibility >= PUBLIC) {
    const user = await findUserForScope(db, owner.userId);
    if (!user || user.visibility < PUBLIC) throw profileNotPublic();
  }
  return {
    visibility,
    modelVersion,
    disabled: deployment.status === Deployment_Status.DISABLED,
    body: writeDoc(DeploymentSchema, deployment, { omit: OMITTED }),
  };
}

export async function requireDeployment(
  db: Db | Tx,
  scope: UserScope,
  id: string,
): Promise<DeploymentRow> {
  const [row] = await listDeployments(db, scope, { ids: [id] }, { limit: 1, offset: 0 });
  if (!row) throw notFound();
  return row;
}
