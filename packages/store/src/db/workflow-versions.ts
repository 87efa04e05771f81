import { PUBLIC } from '@limpid/domain/access/visibility';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { applyPage, type Window } from './page.ts';
import { INHERITED, versionSeenBy } from './place.ts';
import type { WorkflowNodesTable, WorkflowVersionsTable } from './tables.ts';

export type WorkflowVersionRow = Selectable<WorkflowVersionsTable>;

/** A node with the model version that it runs, which is gone when `runs` says so. */
export interface WorkflowNodeRow extends Selectable<WorkflowNodesTable> {
  readonly model: NodeModel | null;
}

export interface NodeModel {
  readonly key: bigint;
  readonly id: string;
  readonly name: string;
  readonly app_id: string;
  readonly user_id: string;
  readonly model_type_id: string;
  readonly visibility: number;
  readonly created_at: Date;
  readonly modified_at: Date;
  readonly version: {
    readonly key: bigint;
    readonly id: string;
    readonly status_code: number;
    readonly status_details: string;
    readonly visibility: number;
    readonly created_at: Date;
    readonly modified_at: Date;
  };
  /** Neither the version nor its model or app was deleted. */
  readonly alive: boolean;
}

/** The newest version of the row `w`, or the one of the id, as far as the viewer sees it. `u` is the workflow's owner. */
export function chosenVersion(db: Db | Tx, viewer: bigint | RawBuilder<unknown>, id: string) {
  const select = db
    .selectFrom('workflow_versions as x')
    .selectAll('x')
    .where(sql<boolean>`x.workflow_key = w.key`)
    .where('x.deleted_at', 'is', null)
    .where(versionSeenBy(viewer, 'x'));
  return (id ? select.where('x.id', '=', id) : select).orderBy('x.key', 'desc').limit(1);
}

export interface NewNode {
  readonly id: string;
  readonly modelVersion: bigint | null;
  readonly body: string;
}

export interface NewWorkflowVersion {
  readonly id: string;
  readonly visibility: number;
  readonly body: string;
  readonly nodes: readonly NewNode[];
}

/** Adds a version with its nodes in their order; undefined when the workflow has a version of the id. */
export async function insertWorkflowVersion(
  tx: Tx,
  workflow: bigint,
  version: NewWorkflowVersion,
): Promise<bigint | undefined> {
  const row = await tx
    .insertInto('workflow_versions')
    .values({
      workflow_key: workflow,
      id: version.id,
      visibility: version.visibility,
      body: version.body,
    })
    .onConflict((conflict) =>
      conflict.columns(['workflow_key', 'id']).where('deleted_at', 'is', null).doNothing(),
    )
    .returning('key')
    .executeTakeFirst();
  if (row && version.nodes.length > 0) {
    await tx
      .insertInto('workflow_nodes')
      .values(
        version.nodes.map((node, ordinal) => ({
          version_key: row.key,
          ordinal,
          id: node.id,
          model_version: node.modelVersion,
          body: node.body,
        })),
      )
      .execute();
  }
  return row?.key;
}

export async function updateWorkflowVersion(
  tx: Tx,
  key: bigint,
  change: { readonly visibility: number; readonly body: string },
): Promise<void> {
  await tx
    .updateTable('workflow_versions')
    .set({ ...change, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Living versions of a workflow by id, in the order of the ids, kept from changing until the transaction ends. */
export async function lockWorkflowVersions(
  tx: Tx,
  workflow: bigint,
  ids: readonly string[],
): Promise<WorkflowVersionRow[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('workflow_versions')
    .selectAll()
    .where('workflow_key', '=', workflow)
    .where('id', 'in', [...ids])
    .where('deleted_at', 'is', null)
    .orderBy('key')
    .forUpdate()
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export async function getWorkflowVersions(
  db: Db | Tx,
  keys: readonly bigint[],
): Promise<WorkflowVersionRow[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom('workflow_versions')
    .selectAll()
    .where('key', 'in', [...keys])
    .execute();
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

/** Deletes versions of a workflow and returns the ids that existed. */
export async function deleteWorkflowVersions(
  tx: Tx,
  workflow: bigint,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .updateTable('workflow_versions')
    .set({ deleted_at: sql`now()` })
    .where('workflow_key', '=', workflow)
    .where('id', 'in', [...ids])
    .where('deleted_at', 'is', null)
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Versions of a workflow, newest first; only public ones unless `all`. */
export async function listWorkflowVersions(
  db: Db,
  workflow: bigint,
  all: boolean,
  window: Window,
): Promise<WorkflowVersionRow[]> {
  let select = db
    .selectFrom('workflow_versions')
    .selectAll()
    .where('workflow_key', '=', workflow)
    .where('deleted_at', 'is', null);
  if (!all) {
    select = select.where((eb) =>
      eb.or([eb('visibility', '>=', PUBLIC), eb('visibility', '=', INHERITED)]),
    );
  }
  return await applyPage(select, window, [], { column: 'key', direction: 'desc' }).execute();
}

/** The nodes of versions, each version's in their order. */
export async function getWorkflowNodes(
  db: Db | Tx,
  versions: readonly bigint[],
): Promise<ReadonlyMap<bigint, readonly WorkflowNodeRow[]>> {
  const nodes = new Map<bigint, WorkflowNodeRow[]>(versions.map((key) => [key, []]));
  if (versions.length === 0) return nodes;
  const rows = await selectNodes(db)
    .where('n.version_key', 'in', [...versions])
    .orderBy('n.version_key')
    .orderBy('n.ordinal')
    .execute();
  for (const row of rows) nodes.get(row.version_key)?.push(toNodeRow(row));
  return nodes;
}

function selectNodes(db: Db | Tx) {
  return db
    .selectFrom('workflow_nodes as n')
    .leftJoin('model_versions as v', 'v.key', 'n.model_version')
    .leftJoin('models as m', 'm.key', 'v.model_key')
    .leftJoin('apps as a', 'a.key', 'm.app_key')
    .leftJoin('users as u', 'u.key', 'a.user_key')
    .selectAll('n')
    .select([
      'v.key as v_key',
      'v.id as v_id',
      'v.status_code as v_status_code',
      'v.status_details as v_status_details',
      'v.visibility as v_visibility',
      'v.created_at as v_created_at',
      'v.modified_at as v_modified_at',
      'm.key as m_key',
      'm.id as m_id',
      'm.name as m_name',
      'm.model_type_id as m_type',
      'm.visibility as m_visibility',
      'm.created_at as m_created_at',
      'm.modified_at as m_modified_at',
      'a.id as app_id',
      'u.id as user_id',
    ])
    .select(
      sql<boolean>`(v.deleted_at is null and m.deleted_at is null and a.deleted_at is null)`.as(
        'alive',
      ),
    );
}

type Joined = Awaited<ReturnType<ReturnType<typeof selectNodes>['execute']>>[number];

function toNodeRow(row: Joined): WorkflowNodeRow {
  const { version_key, ordinal, id, model_version, body } = row;
  return { version_key, ordinal, id, model_version, body, model: modelOf(row) };
}

function modelOf(row: Joined): NodeModel | null {
  // The joins are along keys that must be there: either all columns have values or none has.
  if (row.v_key === null) return null;
  const whole = row as { readonly [K in keyof Joined]: NonNullable<Joined[K]> };
  return {
    key: whole.m_key,
    id: whole.m_id,
    name: whole.m_name,
    app_id: whole.app_id,
    user_id: whole.user_id,
    model_type_id: whole.m_type,
    visibility: whole.m_visibility,
    created_at: whole.m_created_at,
    modified_at: whole.m_modified_at,
    version: {
      key: whole.v_key,
      id: whole.v_id,
      status_code: whole.v_status_code,
      status_details: whole.v_status_details,
      visibility: whole.v_visibility,
      created_at: whole.v_created_at,
      modified_at: whole.v_modified_at,
    },
    alive: whole.alive,
  };
}
