import type { AppScope } from '@limpid/domain/access/authority';
import { type Selectable, sql } from 'kysely';
import { likeOf } from './apps.ts';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { ConceptsTable } from './tables.ts';

export type ConceptRow = Selectable<ConceptsTable>;

export interface NewConcept {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly body: string;
}

/** Adds concepts and returns them in the given order; those whose id is taken are left out. */
export async function insertConcepts(
  tx: Tx,
  scope: AppScope,
  concepts: readonly NewConcept[],
): Promise<ConceptRow[]> {
  if (concepts.length === 0) return [];
  const rows = await tx
    .insertInto('concepts')
    .values(concepts.map((concept) => ({ app_key: scope.appKey, ...concept })))
    .onConflict((conflict) => conflict.columns(['app_key', 'id']).doNothing())
    .returningAll()
    .execute();
  return inOrder(
    rows,
    concepts.map((concept) => concept.id),
  );
}

/** Keys of the app's concepts by id, making those that do not exist yet. Names count only for new ones. */
export async function ensureConcepts(
  tx: Tx,
  scope: AppScope,
  wanted: readonly { readonly id: string; readonly name: string }[],
): Promise<Map<string, bigint>> {
  const names = new Map(wanted.map(({ id, name }) => [id, name || id]));
  const keys = await conceptKeys(tx, scope, [...names.keys()]);
  const missing = [...names].filter(([id]) => !keys.has(id));
  if (missing.length === 0) return keys;
  // Sorted, so that two calls that make the same concepts wait for each other instead of deadlocking.
  missing.sort(([a], [b]) => (a < b ? -1 : 1));
  await insertConcepts(
    tx,
    scope,
    missing.map(([id, name]) => ({ id, name, language: 'en', body: '{}' })),
  );
  const made = await conceptKeys(
    tx,
    scope,
    missing.map(([id]) => id),
  );
  return new Map([...keys, ...made]);
}

export async function conceptKeys(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<Map<string, bigint>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('concepts')
    .select(['id', 'key'])
    .where('app_key', '=', scope.appKey)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row.key]));
}

/** The app's concepts of these ids, in their order; absent ones are left out. */
export async function getConcepts(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<ConceptRow[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('concepts')
    .selectAll()
    .where('app_key', '=', scope.appKey)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute();
  return inOrder(rows, ids);
}

export type ConceptName = Pick<ConceptRow, 'name' | 'language'>;

/** What the app's concepts of these ids are called; without those that it does not have. */
export async function nameConceptIds(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<Map<string, ConceptName>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<ConceptName & { id: string }>`
    select id, name, language from concepts
    where app_key = ${scope.appKey}::bigint and id = any(${[...ids]}::text[])`.execute(db);
  return new Map(rows.map(({ id, name, language }) => [id, { name, language }]));
}

/** The app's concepts in the order they were made; `idPart` narrows to ids that hold it. */
export async function listConcepts(
  db: Db,
  scope: AppScope,
  idPart: string,
  window: Window,
): Promise<ConceptRow[]> {
  let query = db.selectFrom('concepts').selectAll().where('app_key', '=', scope.appKey);
  if (idPart) query = query.where('id', 'ilike', likeOf(`*${idPart}*`));
  return await applyPage(query, window, [], 'key').execute();
}

export interface ConceptSearch {
  /** Apps whose concepts are looked through. */
  readonly apps: readonly bigint[];
  /** Of the name, with * for anything; matched without regard to case. */
  readonly pattern: string;
  readonly language: string;
  /** Only concepts of these model versions' vocabularies, when given. */
  readonly versions?: readonly bigint[];
}

/** Concepts whose name in the language fits the pattern, shortest name first. */
export async function searchConcepts(
  db: Db,
  search: ConceptSearch,
  window: Window,
): Promise<ConceptRow[]> {
  const like = likeOf(search.pattern);
  const translated = sql<string>`coalesce((
    select l.name from concept_languages l where l.concept_key = concepts.key and l.language = ${search.language}
  ), case when concepts.language = ${search.language} then concepts.name end)`;
  let query = db
    .selectFrom('concepts')
    .selectAll('concepts')
    .where(sql<boolean>`${translated} ilike ${like}`);
  const { versions } = search;
  query = versions
    ? query.where(sql<boolean>`key in (
        select concept_key from model_version_concepts where version_key = any(${[...versions]}::bigint[]))`)
    : query.where('app_key', 'in', [...search.apps]);
  return await applyPage(
    query.orderBy(sql`length(name)`).orderBy('name'),
    window,
    [],
    'key',
  ).execute();
}

/** The vocabulary of a model version in its own order; `search` narrows to ids or names with a word part like it. */
export async function listVersionConcepts(
  db: Db,
  version: bigint,
  search: string,
  window: Window,
): Promise<(ConceptRow & { app_id: string; user_id: string })[]> {
  let query = db
    .selectFrom('model_version_concepts as v')
    .innerJoin('concepts as c', 'c.key', 'v.concept_key')
    .innerJoin('apps as a', 'a.key', 'c.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .selectAll('c')
    .select(['a.id as app_id', 'u.id as user_id'])
    .where('v.version_key', '=', version);
  if (search) {
    const like = likeOf(`*${search}*`);
    query = query.where((eb) => eb.or([eb('c.id', 'ilike', like), eb('c.name', 'ilike', like)]));
  }
  return await applyPage(query, window, [], 'v.ordinal').execute();
}

/** Keeps concepts from changing until the transaction ends. */
export async function lockConcepts(tx: Tx, scope: AppScope, ids: readonly string[]): Promise<void> {
  await lockRows(tx, 'concepts', sql`app_key = ${scope.appKey} and id = any(${[...ids]}::text[])`);
}

export async function updateConcept(
  tx: Tx,
  key: bigint,
  change: { name: string; body: string },
): Promise<void> {
  await tx
    .updateTable('concepts')
    .set({ ...change, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

export interface ConceptCountRow {
  readonly id: string;
  readonly name: string;
  readonly status_code: number | null;
  readonly positive: number;
  readonly negative: number;
}

/** How many inputs carry each concept as present (1) and absent (0), by the inputs' status. */
export async function countConcepts(
  db: Db,
  scope: AppScope,
  window: Window,
): Promise<ConceptCountRow[]> {
  const { rows } = await sql<ConceptCountRow>`
    with page as (
      select key, id, name from concepts where app_key = ${scope.appKey}
      order by key limit ${window.limit} offset ${window.offset}
    )
    select p.id, p.name, i.status_code,
           count(distinct i.key) filter (where ac.value = 1)::int as positive,
           count(distinct i.key) filter (where ac.value = 0)::int as negative
    from page p
    left join annotation_concepts ac on ac.concept_key = p.key and ac.app_key = ${scope.appKey}
         and exists (select 1 from annotations n where n.key = ac.annotation_key and n.user_key is not null)
    left join inputs i on i.key = ac.input_key
    group by p.key, p.id, p.name, i.status_code
    order by p.key`.execute(db);
  return rows;
}

function inOrder<T extends { id: string }>(rows: readonly T[], ids: readonly string[]): T[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
