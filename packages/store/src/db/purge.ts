// What deleted apps held goes for good, a bounded batch a statement. Each statement is whole by itself and leaves rows
// that the next one finds, so a purge may stop anywhere and go on later. Works over all apps: only jobs call it.
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './db.ts';

/** Apps that were deleted so long ago, the oldest first. */
export async function listDeletedApps(db: Db, olderThanSeconds: number): Promise<bigint[]> {
  const { rows } = await sql<{ key: bigint }>`
    select key from apps where deleted_at <= now() - make_interval(secs => ${olderThanSeconds}::integer)
    order by deleted_at, key`.execute(db);
  return rows.map(({ key }) => key);
}

type Step = (app: bigint, limit: number) => RawBuilder<unknown>;

/** Rows of a table by its key, with all that goes with them by cascade; triggers send blobs and vectors to the trash. */
function own(table: string, unless: RawBuilder<unknown> = sql`true`): Step {
  const name = sql.table(table);
  return (app, limit) => sql`
    delete from ${name} where key = any(array(
      select t.key from ${name} as t where t.app_key = ${app}::bigint and ${unless} order by t.key limit ${limit}::integer))`;
}

// What others hold is theirs, also where a version of a deleted app made it: such a version stays, with its model and
// its words, until nothing of a living app names it.
const unnamedModelVersion = sql`not exists (select from annotations a where a.model_version = v.key)
  and not exists (select from embeddings e where e.space = v.key)`;
const unnamedWorkflowVersion = sql`not exists (select from annotations a where a.workflow_version = v.key)
  and not exists (select from embeddings e where e.workflow_version = v.key)`;
const unnamedConcept = sql`not exists (select from annotation_concepts a where a.concept_key = t.key)
  and not exists (select from model_version_concepts v where v.concept_key = t.key)`;

const modelVersions = (app: bigint) => sql`
  select v.key from model_versions v join models m on m.key = v.model_key where m.app_key = ${app}::bigint`;
const workflowVersions = (app: bigint) => sql`
  select v.key from workflow_versions v join workflows w on w.key = v.workflow_key where w.app_key = ${app}::bigint`;

/** Nothing serves a version of a deleted app. */
const serving =
  (table: 'runners' | 'deployments'): Step =>
  (app, limit) =>
    sql`
    delete from ${sql.table(table)} where key = any(array(
      select t.key from ${sql.table(table)} as t
      where t.model_version in (${modelVersions(app)}) or t.workflow_version in (${workflowVersions(app)})
      limit ${limit}::integer))`;

// First what refers to others, then what it referred to.
const steps: readonly Step[] = [
  own('inputs'),
  (app, limit) => sql`
    delete from dataset_version_inputs where ctid = any(array(
      select i.ctid from datasets d join dataset_versions v on v.dataset_key = d.key
             join dataset_version_inputs i on i.version_key = v.key
      where d.app_key = ${app}::bigint limit ${limit}::integer))`,
  own('datasets'),
  own('annotation_filters'),
  own('searches'),
  own('input_jobs'),
  own('uploads'),
  own('concept_relations'),
  own('knowledge_graphs'),
  own('credentials'),
  serving('runners'),
  serving('deployments'),
  (app, limit) => sql`
    update apps set default_workflow = null where key = any(array(
      select a.key from workflows w join apps a on a.default_workflow = w.key
      where w.app_key = ${app}::bigint limit ${limit}::integer))`,
  (app, limit) => sql`
    delete from workflow_versions where key = any(array(
      ${workflowVersions(app)} and ${unnamedWorkflowVersion} limit ${limit}::integer))`,
  own('workflows', sql`not exists (select from workflow_versions v where v.workflow_key = t.key)`),
  (app, limit) => sql`
    delete from model_versions where key = any(array(
      ${modelVersions(app)} and ${unnamedModelVersion} limit ${limit}::integer))`,
  own('models', sql`not exists (select from model_versions v where v.model_key = t.key)`),
  own('concepts', unnamedConcept),
];

/** Removes rows of a deleted app, at most `limit` and what hangs on them; false once nothing is left that may go. */
export async function purgeSome(db: Db, app: bigint, limit: number): Promise<boolean> {
  for (const step of steps) {
    const { numAffectedRows = 0n } = await step(app, limit).execute(db);
    if (numAffectedRows > 0n) return true;
  }
  return false;
}

/** The app itself, once nothing of it is left; false while others still name what it held. */
export async function purgeApp(db: Db, app: bigint): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    delete from apps as a where key = ${app}::bigint and deleted_at is not null
      and not exists (select from models where app_key = a.key)
      and not exists (select from workflows where app_key = a.key)
      and not exists (select from concepts where app_key = a.key)`.execute(db);
  return numAffectedRows > 0n;
}

/** Which of these model versions are gone; their spaces have nothing to hold any more. */
export async function findGoneVersions(db: Db, keys: readonly bigint[]): Promise<bigint[]> {
  const { rows } = await sql<{ key: bigint }>`
    select key from unnest(${[...keys]}::bigint[]) as key
    where not exists (select from model_versions v where v.key = key.key)`.execute(db);
  return rows.map(({ key }) => key);
}
