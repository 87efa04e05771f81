// Where the names of workflows in requests, apps and deployments become rows.
import type { Caller } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type RawBuilder, sql } from 'kysely';
import { type AppRef, candidateApps, namedApp, sharedLast } from './app-refs.ts';
import type { Db, Tx } from './db.ts';
import { seenBy } from './place.ts';
import {
  getWorkflowNodes,
  type WorkflowNodeRow,
  type WorkflowVersionRow,
} from './workflow-versions.ts';
import { selectWorkflows, toWorkflowRow, type WorkflowRow } from './workflows.ts';

export interface WorkflowRef {
  readonly userId: string;
  readonly appId: string;
  readonly workflowId: string;
}

/** Key of a living workflow that the caller may use: an own one, or a public one in a public app. */
export async function findWorkflowKey(
  db: Db | Tx,
  callerKey: bigint,
  ref: WorkflowRef,
): Promise<bigint | undefined> {
  const row = await db
    .selectFrom('workflows as w')
    .innerJoin('apps as a', 'a.key', 'w.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .select('w.key')
    .where('u.id', '=', ref.userId)
    .where('a.id', '=', ref.appId)
    .where('w.id', '=', ref.workflowId)
    .where('w.deleted_at', 'is', null)
    .where('a.deleted_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('u.key', '=', callerKey),
        eb.and([
          eb('w.visibility', '>=', PUBLIC),
          eb('a.visibility', '>=', PUBLIC),
          eb('u.visibility', '>=', PUBLIC),
        ]),
      ]),
    )
    .executeTakeFirst();
  return row?.key;
}

/** A workflow as a caller names it. */
export interface WorkflowVersionRef extends AppRef {
  /** Empty for the base workflow of the app that is named. */
  readonly workflowId: string;
  /** Empty for the newest. */
  readonly versionId?: string;
}

export interface FoundWorkflow {
  readonly workflow: WorkflowRow;
  /** Null when none was named and the workflow has none that the caller sees. */
  readonly version: WorkflowVersionRow | null;
  /** In their order; empty without a version. */
  readonly nodes: readonly WorkflowNodeRow[];
  /** The caller owns it and sees all of its versions. */
  readonly own: boolean;
}

/**
 * The workflow, version and nodes that a caller means; undefined when there is none that it may see. One that the named
 * app lacks, or that is named without an app, is looked for in the shared app, unless an app key asks.
 */
export async function findWorkflowVersion(
  db: Db | Tx,
  caller: Caller,
  ref: WorkflowVersionRef,
): Promise<FoundWorkflow | undefined> {
  const row = await selectWorkflows(db, caller.userKey, ref.versionId ?? '')
    .where(ref.workflowId ? named(caller, ref) : based(caller, ref))
    .where(seenBy(caller.userKey, 'w'))
    .orderBy(sharedLast())
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const workflow = toWorkflowRow(row);
  const { version } = workflow;
  if (ref.versionId && !version) return undefined;
  const nodes = version ? (await getWorkflowNodes(db, [version.key])).get(version.key) : undefined;
  return { workflow, version, nodes: nodes ?? [], own: workflow.owner_key === caller.userKey };
}

/** The same by key, for what was resolved before: apps' base workflows and deployments. */
export async function getWorkflowWithNodes(
  db: Db | Tx,
  key: bigint,
): Promise<Omit<FoundWorkflow, 'own'> | undefined> {
  const row = await selectWorkflows(db, sql`u.key`).where('w.key', '=', key).executeTakeFirst();
  if (!row) return undefined;
  const workflow = toWorkflowRow(row);
  const { version } = workflow;
  const nodes = version ? (await getWorkflowNodes(db, [version.key])).get(version.key) : undefined;
  return { workflow, version, nodes: nodes ?? [] };
}

function named(caller: Caller, ref: WorkflowVersionRef): RawBuilder<boolean> {
  return sql`w.key in (
    select key from workflows
    where app_key in (${candidateApps(caller, ref)}) and id = ${ref.workflowId} and deleted_at is null)`;
}

function based(caller: Caller, ref: WorkflowVersionRef): RawBuilder<boolean> {
  const app = namedApp(caller, ref) ?? sql`null::bigint`;
  return sql`w.key = (select default_workflow from apps where key = ${app})`;
}
