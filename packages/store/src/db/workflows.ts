import type { AppScope } from '@limpid/domain/access/authority';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type OrderTerm, type Window } from './page.ts';
import { type Place, seenIn, viewerOf } from './place.ts';
import type { WorkflowsTable } from './tables.ts';
import { fitsPattern, fitsQuery, fitsWords, relevance } from './text-search.ts';
import { chosenVersion, type WorkflowVersionRow } from './workflow-versions.ts';

/** A workflow with the ids that clients see beside its keys, and its newest version unless another was asked for. */
export interface WorkflowRow extends Selectable<WorkflowsTable> {
  readonly app_id: string;
  readonly user_id: string;
  readonly owner_key: bigint;
  readonly version: WorkflowVersionRow | null;
}

export interface WorkflowFields {
  readonly visibility: number;
  readonly body: string;
}

/** Adds a workflow; undefined when a living one of the app has its id. */
export async function insertWorkflow(
  tx: Tx,
  scope: AppScope,
  workflow: WorkflowFields & { readonly id: string },
): Promise<bigint | undefined> {
  const row = await tx
    .insertInto('workflows')
    .values({ app_key: scope.appKey, ...workflow })
    .onConflict((conflict) =>
      conflict.columns(['app_key', 'id']).where('deleted_at', 'is', null).doNothing(),
    )
    .returning('key')
    .executeTakeFirst();
  return row?.key;
}

export async function updateWorkflow(tx: Tx, key: bigint, fields: WorkflowFields): Promise<void> {
  await tx
    .updateTable('workflows')
    .set({ ...fields, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Keeps living workflows from changing until the transaction ends. */
export async function lockWorkflows(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<void> {
  const where = sql`app_key = ${scope.appKey} and id = any(${[...ids]}::text[]) and deleted_at is null`;
  await lockRows(tx, 'workflows', where);
}

/** Keeps a living workflow from changing until the transaction ends. */
export async function lockWorkflow(
  tx: Tx,
  scope: AppScope,
  id: string,
): Promise<bigint | undefined> {
  const row = await tx
    .selectFrom('workflows')
    .select('key')
    .where('app_key', '=', scope.appKey)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row?.key;
}

/** Gives a workflow another id; false when a living workflow of the app has it already. */
export async function renameWorkflow(
  tx: Tx,
  scope: AppScope,
  key: bigint,
  newId: string,
): Promise<boolean> {
  const taken = await lockWorkflow(tx, scope, newId);
  if (taken !== undefined) return taken === key;
  await tx
    .updateTable('workflows')
    .set({ id: newId, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
  return true;
}

/** Deletes the named workflows, or all of the app, with their versions, and returns the ids that existed. */
export async function deleteWorkflows(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[] | 'all',
): Promise<string[]> {
  let query = tx
    .updateTable('workflows')
    .set({ deleted_at: sql`now()` })
    .where('app_key', '=', scope.appKey)
    .where('deleted_at', 'is', null);
  if (ids !== 'all') query = query.where(sql<boolean>`id = any(${[...ids]}::text[])`);
  const rows = await query.returning(['key', 'id']).execute();
  const keys = rows.map((row) => row.key);
  if (keys.length === 0) return [];
  await tx
    .updateTable('workflow_versions')
    .set({ deleted_at: sql`now()` })
    .where('workflow_key', 'in', keys)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.map((row) => row.id);
}

/** Ids of the owner's living apps whose base workflow is one of these. */
export async function appsBasedOn(
  tx: Tx,
  scope: AppScope,
  workflowIds: readonly string[] | 'all',
): Promise<{ readonly app: string; readonly workflow: string }[]> {
  let query = tx
    .selectFrom('apps as a')
    .innerJoin('workflows as w', 'w.key', 'a.default_workflow')
    .select(['a.id as app', 'w.id as workflow'])
    .where('a.user_key', '=', scope.userKey)
    .where('a.deleted_at', 'is', null)
    .where('w.app_key', '=', scope.appKey)
    .where('w.deleted_at', 'is', null);
  if (workflowIds !== 'all')
    query = query.where(sql<boolean>`w.id = any(${[...workflowIds]}::text[])`);
  return await query.orderBy('a.key').execute();
}

/** Living workflows by key, in the order of the keys, with all that their owner sees. */
export async function getWorkflows(db: Db | Tx, keys: readonly bigint[]): Promise<WorkflowRow[]> {
  if (keys.length === 0) return [];
  const rows = await selectWorkflows(db, sql`u.key`)
    .where('w.key', 'in', [...keys])
    .execute();
  const byKey = new Map(rows.map((row) => [row.key, toWorkflowRow(row)]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

/** Workflows with the one version that is chosen. A viewer sees public versions, and all of workflows that it owns. */
export function selectWorkflows(db: Db | Tx, viewer: bigint | RawBuilder<unknown>, versionId = '') {
  return db
    .selectFrom('workflows as w')
    .innerJoin('apps as a', 'a.key', 'w.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .leftJoinLateral(
      () => chosenVersion(db, viewer, versionId).as('v'),
      (join) => join.onTrue(),
    )
    .selectAll('w')
    .select(['a.id as app_id', 'u.id as user_id', 'u.key as owner_key'])
    .select([
      'v.key as v_key',
      'v.id as v_id',
      'v.visibility as v_visibility',
      'v.body as v_body',
      'v.created_at as v_created_at',
      'v.modified_at as v_modified_at',
    ])
    .where('w.deleted_at', 'is', null)
    .where('a.deleted_at', 'is', null);
}

type Joined = Awaited<ReturnType<ReturnType<typeof selectWorkflows>['execute']>>[number];

export function toWorkflowRow(row: Joined): WorkflowRow {
  const {
    v_key: key,
    v_id: id,
    v_visibility: visibility,
    v_body: body,
    v_created_at: created,
    v_modified_at: modified,
    ...workflow
  } = row;
  // Columns of a joined row are null together.
  const version =
    key === null || id === null || visibility === null || !created || !modified
      ? null
      : {
          key,
          workflow_key: workflow.key,
          id,
          visibility,
          body: body ?? {},
          created_at: created,
          modified_at: modified,
          deleted_at: null,
        };
  return { ...workflow, version };
}

export interface WorkflowQuery {
  readonly sort: 'id' | 'modified_at' | 'created_at' | 'star_count' | 'relevance';
  readonly ascending: boolean;
  readonly visibility?: number | undefined;
  readonly search?: string;
  readonly query?: string;
  /** Of the id, with * for anything. */
  readonly pattern?: string;
}

/** Workflows as far as the place lets them be seen. */
export async function listWorkflows(
  db: Db,
  place: Place,
  query: WorkflowQuery,
  window: Window,
): Promise<WorkflowRow[]> {
  const own = sql`concat_ws(' ', w.id, w.body ->> 'description', w.body ->> 'notes')`;
  const text = place.kind === 'everything' ? sql`concat_ws(' ', u.id, ${own})` : own;
  const conditions = [
    query.visibility === undefined ? undefined : sql<boolean>`w.visibility = ${query.visibility}`,
    fitsWords(text, query.search ?? ''),
    fitsQuery(own, query.query ?? ''),
    fitsPattern([sql`w.id`], query.pattern ?? ''),
  ];
  let select = selectWorkflows(db, viewerOf(place)).where(seenIn(place, 'w'));
  for (const condition of conditions) if (condition) select = select.where(condition);
  const direction = query.ascending ? 'asc' : 'desc';
  const sort =
    query.sort === 'relevance'
      ? relevance(sql`w.id`, own, query.search ?? '')
      : sql.ref(`w.${query.sort}`);
  const ordered = select.orderBy(sort, direction);
  const last: OrderTerm = { column: 'w.key', direction };
  return (await applyPage(ordered, window, [], last).execute()).map(toWorkflowRow);
}
