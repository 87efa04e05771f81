// Reading and changing annotations; making them stands in annotations.ts.
import type { AppScope } from '@limpid/domain/access/authority';
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { applyPage, type Window } from './page.ts';
import type { AnnotationsTable } from './tables.ts';

/** An annotation with the ids that clients see. */
export interface AnnotationRow extends Selectable<AnnotationsTable> {
  readonly input_id: string;
  readonly user_id: string | null;
  readonly model_version_id: string | null;
}

export function selectAnnotations(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('annotations as n')
    .innerJoin('inputs as i', 'i.key', 'n.input_key')
    .leftJoin('users as u', 'u.key', 'n.user_key')
    .leftJoin('model_versions as v', 'v.key', 'n.model_version')
    .selectAll('n')
    .select(['i.id as input_id', 'u.id as user_id', 'v.id as model_version_id'])
    .where('n.app_key', '=', scope.appKey);
}

export interface AnnotationPair {
  readonly inputId: string;
  readonly id: string;
}

/** The annotations of these inputs and ids, in their order; absent ones are left out. */
export async function getAnnotations(
  db: Db | Tx,
  scope: AppScope,
  pairs: readonly AnnotationPair[],
): Promise<AnnotationRow[]> {
  if (pairs.length === 0) return [];
  const rows = await selectAnnotations(db, scope).where(isPair(pairs)).execute();
  const byPair = new Map(rows.map((row) => [pairKey({ inputId: row.input_id, id: row.id }), row]));
  return pairs.flatMap((pair) => byPair.get(pairKey(pair)) ?? []);
}

/** Holds annotations as they are until the transaction ends; what is read after it there is up to date. */
export async function lockAnnotations(
  tx: Tx,
  scope: AppScope,
  pairs: readonly AnnotationPair[],
): Promise<void> {
  await tx
    .selectFrom('annotations as n')
    .innerJoin('inputs as i', 'i.key', 'n.input_key')
    .select('n.key')
    .where('n.app_key', '=', scope.appKey)
    .where(isPair(pairs))
    .orderBy('n.key')
    .forUpdate('n')
    .execute();
}

const pairKey = ({ inputId, id }: AnnotationPair): string => JSON.stringify([inputId, id]);

function isPair(pairs: readonly AnnotationPair[]) {
  const inputs = pairs.map((pair) => pair.inputId);
  const ids = pairs.map((pair) => pair.id);
  return sql<SqlBool>`(i.id, n.id) in (select * from unnest(${inputs}::text[], ${ids}::text[]))`;
}

export interface AnnotationFilter {
  readonly inputIds?: readonly string[];
  readonly pairs?: readonly AnnotationPair[];
  readonly userIds?: readonly string[];
  readonly modelVersionIds?: readonly string[];
  readonly statusCodes?: readonly number[];
  readonly taskId?: string;
  /** Also what models and workflows made. */
  readonly all?: boolean;
}

/** Annotations in the order they were made. */
export async function listAnnotations(
  db: Db,
  scope: AppScope,
  filter: AnnotationFilter,
  window: Window,
): Promise<AnnotationRow[]> {
  let query = selectAnnotations(db, scope);
  const { inputIds = [], pairs = [], statusCodes = [], taskId } = filter;
  if (pairs.length > 0) query = query.where(isPair(pairs));
  else if (inputIds.length > 0)
    query = query.where(sql<SqlBool>`i.id = any(${[...inputIds]}::text[])`);
  if (statusCodes.length > 0) query = query.where('n.status_code', 'in', [...statusCodes]);
  if (taskId) query = query.where('n.task_id', '=', taskId);
  query = query.where(isMadeBy(filter));
  return await applyPage(query, window, [], 'n.key').execute();
}

/** Users and models widen each other; without either, people's annotations unless all are asked for. */
function isMadeBy({ userIds = [], modelVersionIds = [], all, pairs = [] }: AnnotationFilter) {
  if (userIds.length === 0 && modelVersionIds.length === 0) {
    return all || pairs.length > 0 ? sql<SqlBool>`true` : sql<SqlBool>`n.user_key is not null`;
  }
  return sql<SqlBool>`(u.id = any(${[...userIds]}::text[]) or v.id = any(${[...modelVersionIds]}::text[]))`;
}

/** Keys of inputs by id. */
export async function inputKeysOf(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<Map<string, bigint>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('inputs')
    .select(['id', 'key'])
    .where('app_key', '=', scope.appKey)
    .where(sql<SqlBool>`id = any(${[...ids]}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row.key]));
}

export interface AnnotationChange {
  readonly key: bigint;
  readonly statusCode: number;
  readonly statusDetails: string;
  readonly body: string;
}

export async function updateAnnotation(tx: Tx, change: AnnotationChange): Promise<void> {
  await tx
    .updateTable('annotations')
    .set({
      status_code: change.statusCode,
      status_details: change.statusDetails,
      body: change.body,
      modified_at: sql`now()`,
      xid: sql`pg_current_xact_id()`,
    })
    .where('key', '=', change.key)
    .execute();
}

export interface TaskAnnotations {
  readonly taskId: string;
  /** Each empty list stands for all. */
  readonly userIds: readonly string[];
  readonly statusCodes: readonly number[];
}

/** Gives annotations of a task another state: how many had another, and who among their makers is a person. */
export async function updateTaskStatus(
  tx: Tx,
  scope: AppScope,
  { taskId, userIds, statusCodes }: TaskAnnotations,
  status: number,
): Promise<{ userIds: string[]; updatedCount: number }> {
  const byUser = sql`user_key in (select key from users where id = any(${[...userIds]}::text[]))`;
  const inStatus = sql`status_code = any(${[...statusCodes]}::integer[])`;
  const { rows } = await sql<{ userIds: string[]; updatedCount: number }>`
    with changed as (
      update annotations
      set status_code = ${status}::integer, status_details = '', modified_at = now(), xid = pg_current_xact_id()
      where app_key = ${scope.appKey}::bigint and task_id = ${taskId} and status_code <> ${status}::integer
        and ${userIds.length > 0 ? byUser : sql`true`} and ${statusCodes.length > 0 ? inStatus : sql`true`}
      returning user_key)
    select count(*)::integer as "updatedCount",
           coalesce(array_agg(distinct u.id order by u.id) filter (where u.id is not null), '{}') as "userIds"
    from changed c left join users u on u.key = c.user_key`.execute(tx);
  return rows[0] ?? { userIds: [], updatedCount: 0 };
}

/** Forgets which concepts an annotation names. */
export async function clearAnnotationConcepts(tx: Tx, key: bigint): Promise<void> {
  await tx.deleteFrom('annotation_concepts').where('annotation_key', '=', key).execute();
}

export async function deleteAnnotationsByKey(tx: Tx, keys: readonly bigint[]): Promise<void> {
  if (keys.length === 0) return;
  await tx
    .deleteFrom('annotations')
    .where(sql<SqlBool>`key = any(${[...keys]}::bigint[])`)
    .execute();
}

/** Deletes all annotations of inputs but those at the level of the whole input, which go with it alone. */
export async function deleteAnnotationsOf(
  tx: Tx,
  scope: AppScope,
  inputIds: readonly string[],
): Promise<void> {
  if (inputIds.length === 0) return;
  await sql`
    delete from annotations n using inputs i
    where n.input_key = i.key and i.app_key = ${scope.appKey} and not n.input_level
      and i.id = any(${[...inputIds]}::text[])`.execute(tx);
}

export interface WorkerRow {
  readonly user_id: string | null;
  readonly model_version: bigint | null;
}

/** Who has annotated in the app: people first, then models. */
export async function listWorkers(db: Db, scope: AppScope, window: Window): Promise<WorkerRow[]> {
  const { rows } = await sql<WorkerRow>`
    select u.id as user_id, n.model_version
    from (select distinct user_key, model_version from annotations where app_key = ${scope.appKey}) n
    left join users u on u.key = n.user_key
    where n.user_key is not null or n.model_version is not null
    order by n.user_key nulls last, n.model_version
    limit ${window.limit} offset ${window.offset}`.execute(db);
  return rows;
}
