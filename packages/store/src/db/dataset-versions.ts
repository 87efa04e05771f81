import type { AppScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { DatasetVersionMetricsTable, DatasetVersionsTable } from './tables.ts';

export const versionStatus = {
  pending: 64005,
  running: 64010,
  ready: 64015,
  failed: 64020,
} as const;

/** A version with the ids that clients see and what was counted in it, once that is known. */
export interface DatasetVersionRow extends Selectable<DatasetVersionsTable> {
  readonly dataset_id: string;
  readonly app_id: string;
  readonly user_id: string;
  readonly metrics: unknown;
  /** Everything that was asked to be exported of it. */
  readonly exports: readonly ExportRow[];
}

export interface ExportRow {
  readonly format: number;
  readonly status_code: number;
  readonly status_details: string;
  readonly size: number;
}

export interface DatasetVersionFields {
  readonly visibility: number;
  readonly body: string;
}

/** Adds versions as pending; ids that are taken are left out of the answer. */
export async function insertDatasetVersions(
  tx: Tx,
  dataset: bigint,
  versions: readonly (DatasetVersionFields & { readonly id: string })[],
): Promise<{ id: string; key: bigint }[]> {
  const status_code = versionStatus.pending;
  return await tx
    .insertInto('dataset_versions')
    .values(versions.map((version) => ({ dataset_key: dataset, status_code, ...version })))
    .onConflict((conflict) => conflict.columns(['dataset_key', 'id']).doNothing())
    .returning(['id', 'key'])
    .execute();
}

/** Keeps versions of a dataset from changing until the transaction ends. */
export async function lockDatasetVersions(
  tx: Tx,
  dataset: bigint,
  ids: readonly string[],
): Promise<void> {
  const where = sql`dataset_key = ${dataset} and id = any(${[...ids]}::text[])`;
  await lockRows(tx, 'dataset_versions', where);
}

export async function updateDatasetVersion(
  tx: Tx,
  key: bigint,
  fields: DatasetVersionFields,
): Promise<void> {
  await tx
    .updateTable('dataset_versions')
    .set({ ...fields, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Deletes versions by id and returns how many there were. */
export async function deleteDatasetVersions(
  tx: Tx,
  dataset: bigint,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await tx
    .deleteFrom('dataset_versions')
    .where('dataset_key', '=', dataset)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Versions by id, in the order of the ids; those that the scope can not see are left out. */
export async function getDatasetVersions(
  db: Db | Tx,
  scope: AppScope,
  dataset: bigint,
  ids: readonly string[],
): Promise<DatasetVersionRow[]> {
  if (ids.length === 0) return [];
  const rows = await selectVersions(db, scope, dataset)
    .where('v.id', 'in', [...ids])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Versions of a dataset, newest first. */
export async function listDatasetVersions(
  db: Db,
  scope: AppScope,
  dataset: bigint,
  origins: readonly number[],
  window: Window,
): Promise<DatasetVersionRow[]> {
  let query = selectVersions(db, scope, dataset);
  if (origins.length > 0) {
    const origin = sql`(v.body ->> 'request_origin')::integer`;
    query = query.where(sql<SqlBool>`${origin} = any(${[...origins]}::integer[])`);
  }
  return await applyPage(query, window, [], { column: 'v.key', direction: 'desc' }).execute();
}

function selectVersions(db: Db | Tx, scope: AppScope, dataset: bigint) {
  return db
    .selectFrom('dataset_versions as v')
    .innerJoin('datasets as d', 'd.key', 'v.dataset_key')
    .leftJoin('dataset_version_metrics as m', (join) =>
      join.onRef('m.version_key', '=', 'v.key').on('m.ordinal', '=', 0),
    )
    .selectAll('v')
    .select((eb) => [
      'd.id as dataset_id',
      'm.body as metrics',
      sql<ExportRow[]>`array(
        select jsonb_build_object('format', e.format, 'status_code', e.status_code,
          'status_details', e.status_details, 'size', e.size)
        from dataset_version_exports e where e.version_key = v.key order by e.format)`.as(
        'exports',
      ),
      eb.val(scope.appId).as('app_id'),
      eb.val(scope.userId).as('user_id'),
    ])
    .where('d.app_key', '=', scope.appKey)
    .where('v.dataset_key', '=', dataset)
    .where('v.visibility', '>=', scope.standing === 'owner' ? 0 : PUBLIC);
}

export interface MetricsFilter {
  readonly parentPaths: readonly string[];
  readonly types: readonly number[];
  /** JSON texts. */
  readonly values: readonly string[];
}

export type MetricsGroupRow = Selectable<DatasetVersionMetricsTable>;

/** Groups of a version in their order. Each filter that is given must hold. */
export async function listMetricsGroups(
  db: Db,
  version: bigint,
  { parentPaths, types, values }: MetricsFilter,
  window: Window,
): Promise<MetricsGroupRow[]> {
  let query = db
    .selectFrom('dataset_version_metrics')
    .selectAll()
    .where('version_key', '=', version);
  if (parentPaths.length > 0) query = query.where('parent_path', 'in', [...parentPaths]);
  if (types.length > 0) query = query.where('type', 'in', [...types]);
  if (values.length > 0)
    query = query.where(sql<SqlBool>`value = any(${[...values]}::text[]::jsonb[])`);
  return await applyPage(query, window, [], 'ordinal').execute();
}
