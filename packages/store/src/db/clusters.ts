import type { UserScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { ComputeClustersTable, NodepoolsTable } from './tables.ts';

export interface ClusterRow extends Selectable<ComputeClustersTable> {
  readonly user_id: string;
}

/** A nodepool with its cluster, as clients always see the two together. */
export interface NodepoolRow extends Selectable<NodepoolsTable> {
  readonly cluster: ClusterRow;
}

export interface ComputeFields {
  readonly id: string;
  readonly visibility: number;
  readonly body: string;
}

/** Adds clusters; false when an id is taken. */
export async function insertClusters(
  tx: Tx,
  owner: UserScope,
  clusters: readonly ComputeFields[],
): Promise<boolean> {
  const rows = await tx
    .insertInto('compute_clusters')
    .values(clusters.map((cluster) => ({ user_key: owner.userKey, ...cluster })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .execute();
  return rows.length === clusters.length;
}

/** Keeps clusters from changing until the transaction ends. */
export async function lockClusters(
  tx: Tx,
  owner: UserScope,
  ids: readonly string[],
): Promise<void> {
  const where = sql`user_key = ${owner.userKey} and id = any(${[...ids]}::text[])`;
  await lockRows(tx, 'compute_clusters', where);
}

export async function updateCluster(
  tx: Tx,
  key: bigint,
  fields: Omit<ComputeFields, 'id'>,
): Promise<void> {
  const change = { ...fields, modified_at: sql<Date>`now()` };
  await tx.updateTable('compute_clusters').set(change).where('key', '=', key).execute();
}

export async function deleteClusters(
  tx: Tx,
  owner: UserScope,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await tx
    .deleteFrom('compute_clusters')
    .where('user_key', '=', owner.userKey)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function selectClusters(db: Db | Tx, scope: UserScope) {
  const query = db
    .selectFrom('compute_clusters as c')
    .innerJoin('users as u', 'u.key', 'c.user_key')
    .selectAll('c')
    .select('u.id as user_id')
    .where('c.user_key', '=', scope.userKey);
  return scope.self ? query : query.where('c.visibility', '>=', PUBLIC);
}

export async function getClusters(
  db: Db | Tx,
  scope: UserScope,
  ids: readonly string[],
): Promise<ClusterRow[]> {
  if (ids.length === 0) return [];
  const rows = await selectClusters(db, scope)
    .where('c.id', 'in', [...ids])
    .execute();
  return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
}

export async function listClusters(
  db: Db,
  scope: UserScope,
  window: Window,
): Promise<ClusterRow[]> {
  return await applyPage(selectClusters(db, scope), window, [], 'c.key').execute();
}

/** Adds nodepools to a cluster; false when an id is taken. */
export async function insertNodepools(
  tx: Tx,
  cluster: bigint,
  nodepools: readonly ComputeFields[],
): Promise<boolean> {
  const rows = await tx
    .insertInto('nodepools')
    .values(nodepools.map((nodepool) => ({ cluster_key: cluster, ...nodepool })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .execute();
  return rows.length === nodepools.length;
}

/** Keeps nodepools of a cluster from changing until the transaction ends. */
export async function lockNodepools(
  tx: Tx,
  owner: UserScope,
  clusterId: string,
  ids: readonly string[],
): Promise<void> {
  const where = sql`id = any(${[...ids]}::text[]) and cluster_key in (
    select key from compute_clusters where user_key = ${owner.userKey} and id = ${clusterId})`;
  await lockRows(tx, 'nodepools', where);
}

export async function updateNodepool(
  tx: Tx,
  key: bigint,
  fields: Omit<ComputeFields, 'id'>,
): Promise<void> {
  const change = { ...fields, modified_at: sql<Date>`now()` };
  await tx.updateTable('nodepools').set(change).where('key', '=', key).execute();
}

export async function deleteNodepools(
  tx: Tx,
  cluster: bigint,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await tx
    .deleteFrom('nodepools')
    .where('cluster_key', '=', cluster)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export interface NodepoolFilter {
  /** Without one, the nodepools of all clusters. */
  readonly clusterId?: string;
  readonly ids?: readonly string[];
}

/** Nodepools of a user's clusters in the order they were made. */
export async function listNodepools(
  db: Db | Tx,
  scope: UserScope,
  filter: NodepoolFilter,
  window: Window,
): Promise<NodepoolRow[]> {
  let query = db
    .selectFrom('nodepools as n')
    .innerJoin('compute_clusters as c', 'c.key', 'n.cluster_key')
    .selectAll('n')
    .select('c.id as cluster_id')
    .where('c.user_key', '=', scope.userKey);
  if (!scope.self)
    query = query.where('n.visibility', '>=', PUBLIC).where('c.visibility', '>=', PUBLIC);
  if (filter.clusterId) query = query.where('c.id', '=', filter.clusterId);
  if (filter.ids) query = query.where('n.id', 'in', [...filter.ids]);
  const rows = await applyPage(query, window, [], 'n.key').execute();
  const clusters = await getClusters(db, scope, [...new Set(rows.map((row) => row.cluster_id))]);
  return rows.flatMap(({ cluster_id: clusterId, ...row }) => {
    const cluster = clusters.find(({ id }) => id === clusterId);
    return cluster ? [{ ...row, cluster }] : [];
  });
}
