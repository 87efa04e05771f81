import type { UserScope } from '@limpid/domain/access/authority';
import { type Selectable, sql } from 'kysely';
import { listNodepools, type NodepoolRow } from './clusters.ts';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { RunnersTable } from './tables.ts';
import { type ModelRef, modelRefs } from './worker-refs.ts';

/** A runner with where it runs and what it serves. */
export interface RunnerRow extends Selectable<RunnersTable> {
  readonly nodepool: NodepoolRow;
  readonly model: ModelRef | null;
}

export interface NewRunner {
  readonly id: string;
  readonly nodepoolKey: bigint;
  readonly deploymentKey: bigint | null;
  readonly modelVersion: bigint | null;
  readonly numReplicas: number;
  readonly managedBy: 'user' | 'agent';
  readonly body: string;
}

export async function insertRunners(
  tx: Tx,
  owner: UserScope,
  runners: readonly NewRunner[],
): Promise<void> {
  await tx
    .insertInto('runners')
    .values(
      runners.map((runner) => ({
        user_key: owner.userKey,
        id: runner.id,
        nodepool_key: runner.nodepoolKey,
        deployment_key: runner.deploymentKey,
        model_version: runner.modelVersion,
        num_replicas: runner.numReplicas,
        managed_by: runner.managedBy,
        body: runner.body,
      })),
    )
    .execute();
}

export interface RunnerFilter {
  /** Empty or absent: of all clusters and nodepools. */
  readonly clusterId?: string;
  readonly nodepoolId?: string;
  readonly modelVersionIds?: readonly string[];
  readonly ids?: readonly string[];
  readonly minReplicas?: number;
}

/** A user's own runners in the order they were made. */
export async function listRunners(
  db: Db | Tx,
  owner: UserScope,
  filter: RunnerFilter,
  window: Window,
): Promise<RunnerRow[]> {
  let query = db
    .selectFrom('runners as r')
    .innerJoin('nodepools as n', 'n.key', 'r.nodepool_key')
    .innerJoin('compute_clusters as c', 'c.key', 'n.cluster_key')
    .selectAll('r')
    .select('n.id as nodepool_id')
    .where('r.user_key', '=', owner.userKey);
  if (filter.clusterId) query = query.where('c.id', '=', filter.clusterId);
  if (filter.nodepoolId) query = query.where('n.id', '=', filter.nodepoolId);
  if (filter.ids) query = query.where('r.id', 'in', [...filter.ids]);
  if (filter.minReplicas) query = query.where('r.num_replicas', '>=', filter.minReplicas);
  if (filter.modelVersionIds?.length) {
    query = query.where(sql<boolean>`exists (
      select 1 from model_versions v where v.key = r.model_version
      and v.id = any(${[...filter.modelVersionIds]}::text[]))`);
  }
  const rows = await applyPage(query, window, [], 'r.key').execute();
  return await complete(db, owner, rows);
}

type Found = Selectable<RunnersTable> & { readonly nodepool_id: string };

async function complete(
  db: Db | Tx,
  owner: UserScope,
  rows: readonly Found[],
): Promise<RunnerRow[]> {
  if (rows.length === 0) return [];
  const ids = [...new Set(rows.map((row) => row.nodepool_id))];
  const nodepools = await listNodepools(db, owner, { ids }, { limit: 100_000, offset: 0 });
  const models = await modelRefs(
    db,
    rows.flatMap((row) => row.model_version ?? []),
  );
  return rows.flatMap(({ nodepool_id: _, ...row }) => {
    const nodepool = nodepools.find(({ key }) => key === row.nodepool_key);
    const model = row.model_version === null ? null : (models.get(row.model_version) ?? null);
    return nodepool ? [{ ...row, nodepool, model }] : [];
  });
}

export interface RunnerChange {
  readonly numReplicas: number;
  readonly body: string;
}

/** Keeps runners from changing until the transaction ends. */
export async function lockRunners(tx: Tx, owner: UserScope, ids: readonly string[]): Promise<void> {
  const where = sql`user_key = ${owner.userKey} and id = any(${[...ids]}::text[])`;
  await lockRows(tx, 'runners', where);
}

export async function updateRunner(tx: Tx, key: bigint, change: RunnerChange): Promise<void> {
  await tx
    .updateTable('runners')
    .set({ num_replicas: change.numReplicas, body: change.body, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Deletes a user's runners by id and returns the keys of those that existed. */
export async function deleteRunners(
  tx: Tx,
  owner: UserScope,
  ids: readonly string[],
): Promise<bigint[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .deleteFrom('runners')
    .where('user_key', '=', owner.userKey)
    .where('id', 'in', [...ids])
    .returning('key')
    .execute();
  return rows.map((row) => row.key);
}

/** Keys of the runners that may serve a model version, those of the deployment first. */
export async function runnersFor(
  db: Db,
  wanted: {
    modelVersion: bigint;
    userKey: bigint;
    deployment?: bigint;
    nodepool?: bigint;
    runnerId?: string;
  },
): Promise<bigint[]> {
  let query = db
    .selectFrom('runners as r')
    .select('r.key')
    .where('r.model_version', '=', wanted.modelVersion)
    .where('r.user_key', '=', wanted.userKey);
  if (wanted.runnerId) query = query.where('r.id', '=', wanted.runnerId);
  if (wanted.nodepool !== undefined) query = query.where('r.nodepool_key', '=', wanted.nodepool);
  if (wanted.deployment !== undefined) {
    // A runner that somebody started by hand serves the deployments of its nodepool too.
    query =
      query.where(sql<boolean>`(r.deployment_key = ${wanted.deployment} or (r.deployment_key is null
      and r.nodepool_key in (select nodepool_key from deployment_nodepools where deployment_key = ${wanted.deployment})))`);
  }
  const rows = await query.orderBy('r.key').execute();
  return rows.map((row) => row.key);
}
