import type { AppScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { SearchesTable } from './tables.ts';

export type SearchRow = Selectable<SearchesTable>;

export interface SearchFields {
  readonly visibility: number;
  readonly body: string;
}

export interface NewSearch extends SearchFields {
  readonly id: string;
  readonly unit: SearchRow['unit'];
}

/** Adds searches; ids that are taken are left out of the answer. */
export async function insertSearches(
  tx: Tx,
  scope: AppScope,
  searches: readonly NewSearch[],
): Promise<{ id: string; key: bigint }[]> {
  return await tx
    .insertInto('searches')
    .values(searches.map((search) => ({ app_key: scope.appKey, ...search })))
    .onConflict((conflict) => conflict.columns(['app_key', 'id']).doNothing())
    .returning(['id', 'key'])
    .execute();
}

export async function updateSearch(tx: Tx, key: bigint, fields: SearchFields): Promise<void> {
  await tx
    .updateTable('searches')
    .set({ ...fields, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** False where there is none of that id. */
export async function deleteSearch(tx: Tx, scope: AppScope, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('searches')
    .where('app_key', '=', scope.appKey)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Searches by id, in the order of the ids; those that the scope can not see are left out. */
export async function getSearches(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<SearchRow[]> {
  if (ids.length === 0) return [];
  const rows = await selectSearches(db, scope)
    .where('id', 'in', [...ids])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Keeps searches from changing until the transaction ends. */
export async function lockSearches(tx: Tx, scope: AppScope, ids: readonly string[]): Promise<void> {
  await lockRows(tx, 'searches', sql`app_key = ${scope.appKey} and id = any(${[...ids]}::text[])`);
}

/** A search that stays as it is, or at least stays, until the transaction ends. */
export async function holdSearch(
  tx: Tx,
  scope: AppScope,
  id: string,
  against: 'change' | 'deletion',
): Promise<SearchRow | undefined> {
  const query = selectSearches(tx, scope).where('id', '=', id);
  const held = against === 'change' ? query.forUpdate() : query.forKeyShare();
  return await held.executeTakeFirst();
}

/** In the order in which they were saved. */
export async function listSearches(db: Db, scope: AppScope, window: Window): Promise<SearchRow[]> {
  return await applyPage(selectSearches(db, scope), window, [], 'key').execute();
}

function selectSearches(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('searches')
    .selectAll()
    .where('app_key', '=', scope.appKey)
    .where('visibility', '>=', scope.standing === 'owner' ? 0 : PUBLIC);
}
