import type { UserScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Selectable, sql } from 'kysely';
import { listNodepools, type NodepoolRow } from './clusters.ts';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { DeploymentsTable } from './tables.ts';
import { type ModelRef, modelRefs } from './worker-refs.ts';

/** A deployment with its nodepools in order and the model version that it is pinned to. */
export interface DeploymentRow extends Selectable<DeploymentsTable> {
  readonly user_id: string;
  readonly nodepools: readonly NodepoolRow[];
  readonly model: ModelRef | null;
}

export interface DeploymentFields {
  readonly visibility: number;
  readonly modelVersion: bigint | null;
  readonly disabled: boolean;
  readonly body: string;
}

/** Adds a deployment to nodepools; undefined when its id is taken. */
export async function insertDeployment(
  tx: Tx,
  owner: UserScope,
  id: string,
  fields: DeploymentFields,
  nodepools: readonly bigint[],
): Promise<bigint | undefined> {
  const row = await tx
    .insertInto('deployments')
    .values({ user_key: owner.userKey, id, ...columns(fields) })
    .onConflict((conflict) => conflict.columns(['user_key', 'id']).doNothing())
    .returning('key')
    .executeTakeFirst();
  if (row) await setNodepools(tx, row.key, nodepools);
  return row?.key;
}

function columns(fields: DeploymentFields) {
  return {
    visibility: fields.visibility,
    model_version: fields.modelVersion,
    disabled: fields.disabled,
    body: fields.body,
  };
}

/** Keeps deployments from changing until the transaction ends. */
export async function lockDeployments(
  tx: Tx,
  owner: UserScope,
  ids: readonly string[],
): Promise<void> {
  const where = sql`user_key = ${owner.userKey} and id = any(${[...ids]}::text[])`;
  await lockRows(tx, 'deployments', where);
}

export async function updateDeployment(
  tx: Tx,
  key: bigint,
  fields: DeploymentFields,
): Promise<void> {
  await tx
    .updateTable('deployments')
    .set({ ...columns(fields), modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

export async function setNodepools(
  tx: Tx,
  deployment: bigint,
  nodepools: readonly bigint[],
): Promise<void> {
  await tx.deleteFrom('deployment_nodepools').where('deployment_key', '=', deployment).execute();
  if (nodepools.length === 0) return;
  await tx
    .insertInto('deployment_nodepools')
    .values(
      nodepools.map((key, ordinal) => ({ deployment_key: deployment, nodepool_key: key, ordinal })),
    )
    .execute();
}

export async function deleteDeployments(
  tx: Tx,
  owner: UserScope,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await tx
    .deleteFrom('deployments')
    .where('user_key', '=', owner.userKey)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export interface DeploymentFilter {
  readonly ids?: readonly string[];
  readonly nodepoolId?: string;
  readonly clusterId?: string;
  readonly modelVersionIds?: readonly string[];
}

/** A user's deployments, newest first: clients take the first as the current one. */
export async function listDeployments(
  db: Db | Tx,
  scope: UserScope,
  filter: DeploymentFilter,
  window: Window,
): Promise<DeploymentRow[]> {
  let query = db
    .selectFrom('deployments as d')
    .innerJoin('users as u', 'u.key', 'd.user_key')
    .selectAll('d')
    .select('u.id as user_id')
    .where('d.user_key', '=', scope.userKey);
  if (!scope.self) query = query.where('d.visibility', '>=', PUBLIC);
  if (filter.ids) query = query.where('d.id', 'in', [...filter.ids]);
  if (filter.nodepoolId || filter.clusterId) {
    query = query.where(sql<boolean>`exists (
      select 1 from deployment_nodepools dn
      join nodepools n on n.key = dn.nodepool_key
      join compute_clusters c on c.key = n.cluster_key
      where dn.deployment_key = d.key
        and (${filter.nodepoolId || null}::text is null or n.id = ${filter.nodepoolId || null})
        and (${filter.clusterId || null}::text is null or c.id = ${filter.clusterId || null}))`);
  }
  if (filter.modelVersionIds?.length) {
    query = query.where(sql<boolean>`exists (
      select 1 from model_versions v where v.key = d.model_version
      and v.id = any(${[...filter.modelVersionIds]}::text[]))`);
  }
  const rows = await applyPage(query, window, [], { column: 'd.key', direction: 'desc' }).execute();
  return await complete(db, scope, rows);
}

type Found = Selectable<DeploymentsTable> & { readonly user_id: string };

async function complete(
  db: Db | Tx,
  scope: UserScope,
  rows: readonly Found[],
): Promise<DeploymentRow[]> {
  if (rows.length === 0) return [];
  const links = await db
    .selectFrom('deployment_nodepools')
    .selectAll()
    .where(
      'deployment_key',
      'in',
      rows.map((row) => row.key),
    )
    .orderBy('ordinal')
    .execute();
  const nodepools = await listNodepools(db, scope, {}, { limit: 100_000, offset: 0 });
  const models = await modelRefs(
    db,
    rows.flatMap((row) => row.model_version ?? []),
  );
  return rows.map((row) => ({
    ...row,
    model: row.model_version === null ? null : (models.get(row.model_version) ?? null),
    nodepools: links
      .filter((link) => link.deployment_key === row.key)
      .flatMap((link) => nodepools.find(({ key }) => key === link.nodepool_key) ?? []),
  }));
}
