import type { AppScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { AnnotationFiltersTable, SearchesTable } from './tables.ts';

type SearchColumns = Selectable<SearchesTable>;

/** A filter with the search that it holds. */
export interface AnnotationFilterRow extends Selectable<AnnotationFiltersTable> {
  readonly search_id: string;
  readonly search_visibility: number;
  readonly search_body: SearchColumns['body'];
  readonly search_created_at: Date;
  readonly search_modified_at: Date;
}

export interface NewAnnotationFilter {
  readonly id: string;
  readonly search_key: bigint;
}

/** Adds filters; ids that are taken are left out of the answer. */
export async function insertAnnotationFilters(
  tx: Tx,
  scope: AppScope,
  filters: readonly NewAnnotationFilter[],
): Promise<string[]> {
  const rows = await tx
    .insertInto('annotation_filters')
    .values(filters.map((filter) => ({ app_key: scope.appKey, ...filter })))
    .onConflict((conflict) => conflict.columns(['app_key', 'id']).doNothing())
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Keeps filters from changing until the transaction ends. */
export async function lockAnnotationFilters(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<void> {
  const where = sql`app_key = ${scope.appKey} and id = any(${[...ids]}::text[])`;
  await lockRows(tx, 'annotation_filters', where);
}

export async function updateAnnotationFilter(
  tx: Tx,
  key: bigint,
  searchKey: bigint,
): Promise<void> {
  await tx
    .updateTable('annotation_filters')
    .set({ search_key: searchKey, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Deletes filters by id and returns how many there were. The searches that they held stay. */
export async function deleteAnnotationFilters(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await tx
    .deleteFrom('annotation_filters')
    .where('app_key', '=', scope.appKey)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Filters by id, in the order of the ids; those that the scope can not see are left out. */
export async function getAnnotationFilters(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<AnnotationFilterRow[]> {
  if (ids.length === 0) return [];
  const rows = await selectFilters(db, scope)
    .where('f.id', 'in', [...ids])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** In the order in which they were made. */
export async function listAnnotationFilters(
  db: Db,
  scope: AppScope,
  window: Window,
): Promise<AnnotationFilterRow[]> {
  return await applyPage(selectFilters(db, scope), window, [], 'f.key').execute();
}

/** A filter shows as far as its search does. */
function selectFilters(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('annotation_filters as f')
    .innerJoin('searches as s', 's.key', 'f.search_key')
    .selectAll('f')
    .select([
      's.id as search_id',
      's.visibility as search_visibility',
      's.body as search_body',
      's.created_at as search_created_at',
      's.modified_at as search_modified_at',
    ])
    .where('f.app_key', '=', scope.appKey)
    .where('s.visibility', '>=', scope.standing === 'owner' ? 0 : PUBLIC);
}
