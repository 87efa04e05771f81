import type { AppScope, UserScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type OrderTerm, type Window } from './page.ts';
import type { AppsTable } from './tables.ts';

/** An app with the ids that clients see beside its keys. */
export interface AppRow extends Selectable<AppsTable> {
  readonly owner_id: string;
  readonly workflow: {
    readonly id: string;
    readonly appId: string;
    readonly userId: string;
  } | null;
}

export interface NewApp {
  readonly id: string;
  readonly visibility: number;
  readonly isTemplate: boolean;
  readonly defaultLanguage: string;
  readonly defaultWorkflow: bigint | null;
  readonly sampleMs: number | null;
  readonly body: string;
}

/** Adds an app; undefined when a living app of the owner has its id. */
export async function insertApp(
  tx: Tx,
  owner: UserScope,
  app: NewApp,
): Promise<bigint | undefined> {
  const row = await tx
    .insertInto('apps')
    .values({ user_key: owner.userKey, id: app.id, ...columns(app) })
    .onConflict((conflict) =>
      conflict.columns(['user_key', 'id']).where('deleted_at', 'is', null).doNothing(),
    )
    .returning('key')
    .executeTakeFirst();
  return row?.key;
}

function columns(app: Omit<NewApp, 'id'>) {
  return {
    visibility: app.visibility,
    is_template: app.isTemplate,
    default_language: app.defaultLanguage,
    default_workflow: app.defaultWorkflow,
    sample_ms: app.sampleMs,
    body: app.body,
  };
}

/** Locks apps that are about to be changed until the transaction ends. */
export async function lockApps(tx: Tx, keys: readonly bigint[]): Promise<void> {
  await lockRows(tx, 'apps', sql`key = any(${[...keys]}::bigint[])`);
}

export async function updateApp(tx: Tx, key: bigint, app: Omit<NewApp, 'id'>): Promise<void> {
  await tx
    .updateTable('apps')
    .set({ ...columns(app), modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Gives a living app another id; false when the owner has a living app of that id already. */
export async function renameApp(
  tx: Tx,
  owner: UserScope,
  id: string,
  newId: string,
): Promise<boolean | undefined> {
  const taken = await findLiveApp(tx, owner.userKey, newId);
  if (taken && newId !== id) return false;
  const done = await tx
    .updateTable('apps')
    .set({ id: newId, modified_at: sql`now()` })
    .where('user_key', '=', owner.userKey)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returning('key')
    .executeTakeFirst();
  return done ? true : undefined;
}

async function findLiveApp(db: Db | Tx, userKey: bigint, id: string): Promise<bigint | undefined> {
  const row = await db
    .selectFrom('apps')
    .select('key')
    .where('user_key', '=', userKey)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row?.key;
}

/** Marks an app deleted and revokes its keys; its rows and blobs are purged in the background. */
export async function deleteApp(tx: Tx, scope: AppScope): Promise<void> {
  await tx.deleteFrom('credentials').where('app_key', '=', scope.appKey).execute();
  await tx
    .updateTable('apps')
    .set({ deleted_at: sql`now()` })
    .where('key', '=', scope.appKey)
    .execute();
}

export interface AppQuery {
  readonly sort: 'name' | 'modified_at' | 'created_at' | 'star_count' | 'id';
  readonly ascending: boolean;
  readonly templateOnly?: boolean;
  readonly visibility?: number;
  /** Words that each must begin a word of id, name, description or notes. */
  readonly search?: string;
  /** A pattern on id or name, with * for anything. */
  readonly pattern?: string;
}

const SORT_COLUMNS: Readonly<Record<AppQuery['sort'], string>> = {
  name: 'a.id',
  id: 'a.id',
  modified_at: 'a.modified_at',
  created_at: 'a.created_at',
  star_count: 'a.star_count',
};

/** A user's living apps, as far as the scope lets them be seen. */
export async function listApps(
  db: Db,
  scope: UserScope,
  query: AppQuery,
  window: Window,
): Promise<AppRow[]> {
  let select = selectApps(db).where('a.user_key', '=', scope.userKey);
  if (!scope.self) select = select.where('a.visibility', '>=', PUBLIC);
  if (query.visibility) select = select.where('a.visibility', '=', query.visibility);
  if (query.templateOnly) select = select.where('a.is_template', '=', true);
  for (const word of (query.search ?? '').split(/\s+/).filter(Boolean)) {
    const text = sql`concat_ws(' ', a.id, a.body ->> 'name', a.body ->> 'description', a.body ->> 'notes')`;
    select = select.where(sql<boolean>`${text} ~* ${`(^|[^[:alnum:]])${escapeRegex(word)}`}`);
  }
  if (query.pattern) {
    const like = likeOf(query.pattern);
    select = select.where(sql<boolean>`(a.id ilike ${like} or a.body ->> 'name' ilike ${like})`);
  }
  const direction = query.ascending ? 'asc' : 'desc';
  const order: OrderTerm[] = [{ column: SORT_COLUMNS[query.sort], direction }];
  const rows = await applyPage(select, window, order, { column: 'a.key', direction }).execute();
  return rows.map(toAppRow);
}

/** Apps by key, in the order of the keys. */
export async function getApps(db: Db | Tx, keys: readonly bigint[]): Promise<AppRow[]> {
  if (keys.length === 0) return [];
  const rows = await selectApps(db)
    .where('a.key', 'in', [...keys])
    .execute();
  const byKey = new Map(rows.map((row) => [row.key, toAppRow(row)]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

function selectApps(db: Db | Tx) {
  return db
    .selectFrom('apps as a')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .leftJoin('workflows as w', 'w.key', 'a.default_workflow')
    .leftJoin('apps as wa', 'wa.key', 'w.app_key')
    .leftJoin('users as wu', 'wu.key', 'wa.user_key')
    .selectAll('a')
    .select([
      'u.id as owner_id',
      'w.id as workflow_id',
      'wa.id as workflow_app',
      'wu.id as workflow_user',
    ])
    .where('a.deleted_at', 'is', null);
}

type Joined = Awaited<ReturnType<ReturnType<typeof selectApps>['execute']>>[number];

function toAppRow(row: Joined): AppRow {
  const { workflow_id: id, workflow_app: appId, workflow_user: userId, ...app } = row;
  const workflow = id !== null && appId !== null && userId !== null ? { id, appId, userId } : null;
  return { ...app, workflow };
}

/** What an app holds. */
export async function countResources(
  db: Db,
  scope: AppScope,
): Promise<{ datasets: bigint; models: bigint; workflows: bigint; inputs: bigint }> {
  const app = scope.appKey;
  const counted = await sql<{
    datasets: bigint;
    models: bigint;
    workflows: bigint;
    inputs: bigint;
  }>`
    select (select count(*) from datasets where app_key = ${app}) as datasets,
           (select count(*) from models where app_key = ${app} and deleted_at is null) as models,
           (select count(*) from workflows where app_key = ${app} and deleted_at is null) as workflows,
           (select count(*) from inputs where app_key = ${app}) as inputs`.execute(db);
  return counted.rows[0] ?? { datasets: 0n, models: 0n, workflows: 0n, inputs: 0n };
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** LIKE pattern of a client's pattern: * stands for anything, everything else for itself. */
export function likeOf(pattern: string): string {
  return pattern.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}
