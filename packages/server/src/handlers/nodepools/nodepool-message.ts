import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { UserScope } from '@limpid/domain/access/authority';
import { PRIVATE } from '@limpid/domain/access/visibility';
import type { Db, Tx } from '@limpid/store';
import { type ComputeFields, listNodepools, type NodepoolRow } from '@limpid/store/db/clusters';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import {
  create,
  invalidArgument,
  isClientId,
  type Nodepool,
  NodepoolSchema,
  notFound,
  VisibilitySchema,
} from '@limpid/wire';
import { clusterMessage } from '../compute-clusters/cluster-message.ts';

const OMITTED = [
  'id',
  'visibility',
  'createdAt',
  'modifiedAt',
  'computeCluster',
  'status',
  'statusDescription',
  'nodeCount',
] as const;

/** A nodepool with its cluster: clients take the cluster's id from here. */
export function nodepoolMessage(row: NodepoolRow): Nodepool {
  const nodepool = readDoc(NodepoolSchema, row.body);
  nodepool.id = row.id;
  nodepool.computeCluster = clusterMessage(row.cluster);
  nodepool.visibility = create(VisibilitySchema, { gettable: row.visibility });
  nodepool.createdAt = timestampFromDate(row.created_at);
  nodepool.modifiedAt = timestampFromDate(row.modified_at);
  return nodepool;
}

export function storedNodepool(nodepool: Nodepool): ComputeFields {
  const { id, minInstances, maxInstances } = nodepool;
  if (!isClientId(id)) throw invalidArgument(`'${id.slice(0, 80)}' is not a valid id`, 'nodepool');
  if (maxInstances > 0 && minInstances > maxInstances) {
    throw invalidArgument('min_instances is greater than max_instances', 'nodepool');
  }
  return {
    id,
    visibility: nodepool.visibility?.gettable || PRIVATE,
    body: writeDoc(NodepoolSchema, nodepool, { omit: OMITTED }),
  };
}

/** A nodepool by its cluster's id and its own. */
export async function requireNodepool(
  db: Db | Tx,
  scope: UserScope,
  clusterId: string,
  id: string,
): Promise<NodepoolRow> {
  const window = { limit: 1, offset: 0 };
  const [row] = await listNodepools(db, scope, { clusterId, ids: [id] }, window);
  if (!row || !clusterId) throw notFound();
  return row;
}
