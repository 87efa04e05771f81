import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { UserScope } from '@limpid/domain/access/authority';
import { PRIVATE } from '@limpid/domain/access/visibility';
import type { Db, Tx } from '@limpid/store';
import { type ClusterRow, type ComputeFields, getClusters } from '@limpid/store/db/clusters';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import {
  type ComputeCluster,
  ComputeClusterSchema,
  create,
  invalidArgument,
  isClientId,
  notFound,
  VisibilitySchema,
} from '@limpid/wire';

// Clients send the credential that a cluster should run with. Nothing here needs it, so it is not kept at all.
const OMITTED = ['id', 'userId', 'visibility', 'createdAt', 'modifiedAt', 'key'] as const;

export function clusterMessage(row: ClusterRow): ComputeCluster {
  const cluster = readDoc(ComputeClusterSchema, row.body);
  cluster.id = row.id;
  cluster.userId = row.user_id;
  cluster.visibility = create(VisibilitySchema, { gettable: row.visibility });
  cluster.createdAt = timestampFromDate(row.created_at);
  cluster.modifiedAt = timestampFromDate(row.modified_at);
  return cluster;
}

export function storedCluster(cluster: ComputeCluster): ComputeFields {
  if (!isClientId(cluster.id)) {
    throw invalidArgument(`'${cluster.id.slice(0, 80)}' is not a valid id`, 'compute cluster');
  }
  return {
    id: cluster.id,
    visibility: cluster.visibility?.gettable || PRIVATE,
    body: writeDoc(ComputeClusterSchema, cluster, { omit: OMITTED }),
  };
}

export async function requireCluster(
  db: Db | Tx,
  scope: UserScope,
  id: string,
): Promise<ClusterRow> {
  const [row] = await getClusters(db, scope, [id]);
  if (!row) throw notFound();
  return row;
}
