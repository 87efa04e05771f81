import type { AppScope, UserScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type OrderTerm, type Window } from './page.ts';
import type { DatasetsTable } from './tables.ts';

/** A dataset with the ids that clients see, that of its default filter and of the newest version that the scope sees. */
export interface DatasetRow extends Selectable<DatasetsTable> {
  readonly app_id: string;
  readonly user_id: string;
  readonly version_id: string | null;
  readonly filter_id: string | null;
}

export interface DatasetFields {
  readonly visibility: number;
  readonly annotation_filter: bigint | null;
  readonly body: string;
}

/** Adds datasets; ids that are taken are left out of the answer. */
export async function insertDatasets(
  tx: Tx,
  scope: AppScope,
  datasets: readonly (DatasetFields & { readonly id: string })[],
): Promise<{ id: string; key: bigint }[]> {
  return await tx
    .insertInto('datasets')
    .values(datasets.map((dataset) => ({ app_key: scope.appKey, ...dataset })))
    .onConflict((conflict) => conflict.columns(['app_key', 'id']).doNothing())
    .returning(['id', 'key'])
    .execute();
}

export async function updateDataset(tx: Tx, key: bigint, fields: DatasetFields): Promise<void> {
  await tx
    .updateTable('datasets')
    .set({ ...fields, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Deletes datasets by id and returns the ids that existed. Their inputs stay. */
export async function deleteDatasets(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .deleteFrom('datasets')
    .where('app_key', '=', scope.appKey)
    .where('id', 'in', [...ids])
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Datasets of the app by id, in the order of the ids; those that the scope can not see are left out. */
export async function getDatasets(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<DatasetRow[]> {
  if (ids.length === 0) return [];
  const rows = await visible(selectDatasets(db, scope), scope)
    .where('d.id', 'in', [...ids])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Keeps datasets from changing until the transaction ends. */
export async function lockDatasets(tx: Tx, scope: AppScope, ids: readonly string[]): Promise<void> {
  await lockRows(tx, 'datasets', sql`app_key = ${scope.appKey} and id = any(${[...ids]}::text[])`);
}

export interface DatasetQuery {
  readonly sort: 'created_at' | 'modified_at' | 'star_count' | 'id';
  readonly ascending: boolean;
  /** Words that each must begin a word of id, description or notes. */
  readonly search?: string;
  readonly idPart?: string;
}

/** Datasets of an app or of all apps of a user, as far as the scope sees them. */
export async function listDatasets(
  db: Db,
  scope: AppScope | UserScope,
  query: DatasetQuery,
  window: Window,
): Promise<DatasetRow[]> {
  let select = visible(selectDatasets(db, scope), scope);
  if (query.idPart)
    select = select.where(sql<boolean>`strpos(lower(d.id), lower(${query.idPart})) > 0`);
  for (const word of (query.search ?? '').split(/\s+/).filter(Boolean)) {
    const text = sql`concat_ws(' ', d.id, d.body ->> 'description', d.body ->> 'notes')`;
    select = select.where(sql<boolean>`strpos(lower(${text}), lower(${word})) > 0`);
  }
  const direction = query.ascending ? 'asc' : 'desc';
  const order: OrderTerm[] = [{ column: `d.${query.sort}`, direction }];
  return await applyPage(select, window, order, { column: 'd.key', direction }).execute();
}

function selectDatasets(db: Db | Tx, scope: AppScope | UserScope) {
  const least = seesAll(scope) ? 0 : PUBLIC;
  return db
    .selectFrom('datasets as d')
    .innerJoin('apps as a', 'a.key', 'd.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .leftJoin('annotation_filters as f', 'f.key', 'd.annotation_filter')
    .selectAll('d')
    .select(['a.id as app_id', 'u.id as user_id', 'f.id as filter_id'])
    .select((eb) =>
      eb
        .selectFrom('dataset_versions as v')
        .select('v.id')
        .whereRef('v.dataset_key', '=', 'd.key')
        .where('v.visibility', '>=', least)
        .orderBy('v.key', 'desc')
        .limit(1)
        .as('version_id'),
    )
    .where('a.deleted_at', 'is', null);
}

function seesAll(scope: AppScope | UserScope): boolean {
  return scope.kind === 'app' ? scope.standing === 'owner' : scope.self;
}

type Selecting = ReturnType<typeof selectDatasets>;

function visible(query: Selecting, scope: AppScope | UserScope): Selecting {
  if (scope.kind === 'app') {
    const inApp = query.where('d.app_key', '=', scope.appKey);
    return seesAll(scope) ? inApp : inApp.where('d.visibility', '>=', PUBLIC);
  }
  const ofUser = query.where('a.user_key', '=', scope.userKey);
  if (seesAll(scope)) return ofUser;
  return ofUser.where('a.visibility', '>=', PUBLIC).where('d.visibility', '>=', PUBLIC);
}

/** Adds inputs to a dataset and returns the keys that were not in it yet. */
export async function addToDataset(
  tx: Tx,
  dataset: bigint,
  inputs: readonly bigint[],
): Promise<Set<bigint>> {
  if (inputs.length === 0) return new Set();
  const { rows } = await sql<{ input_key: bigint }>`
    insert into dataset_inputs (dataset_key, input_key)
    select ${dataset}, unnest(${[...inputs]}::bigint[])
    on conflict do nothing returning input_key`.execute(tx);
  return new Set(rows.map((row) => row.input_key));
}

/** Takes inputs out of a dataset and returns how many were in it. */
export async function removeFromDataset(
  tx: Tx,
  dataset: bigint,
  inputs: readonly bigint[],
): Promise<number> {
  if (inputs.length === 0) return 0;
  const { numDeletedRows } = await tx
    .deleteFrom('dataset_inputs')
    .where('dataset_key', '=', dataset)
    .where('input_key', 'in', [...inputs])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export interface MemberRow {
  readonly input_key: bigint;
  readonly added_at: Date;
}

/** Members of a dataset in the order they were added. */
export async function listMembers(db: Db, dataset: bigint, window: Window): Promise<MemberRow[]> {
  const query = db
    .selectFrom('dataset_inputs')
    .select(['input_key', 'created_at as added_at'])
    .where('dataset_key', '=', dataset);
  return await applyPage(query, window, [], 'key').execute();
}

export async function findMember(
  db: Db,
  dataset: bigint,
  input: bigint,
): Promise<MemberRow | undefined> {
  return await db
    .selectFrom('dataset_inputs')
    .select(['input_key', 'created_at as added_at'])
    .where('dataset_key', '=', dataset)
    .where('input_key', '=', input)
    .executeTakeFirst();
}
