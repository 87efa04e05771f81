import type { AppScope } from '@limpid/domain/access/authority';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { inputStatus } from './inputs.ts';
import { applyPage, type Window } from './page.ts';
import type { InputJobsTable } from './tables.ts';

export const jobStatus = {
  queued: 64000,
  running: 64001,
  completed: 64002,
  failed: 64003,
  cancelled: 64004,
} as const;

export interface Progress {
  readonly pending: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

/** A job as it stands now. */
export interface InputJobRow
  extends Pick<Selectable<InputJobsTable>, 'key' | 'id' | 'created_at' | 'modified_at'> {
  readonly status_code: number;
  readonly progress: Progress;
}

/** What became of one posted input: its key, or the status it was refused with. */
export type CallAnswer =
  | string
  | { readonly code: number; readonly details: string; readonly id: string };

/** The job of this id, made where there is none, and locked: two calls of one job follow each other. */
export async function takeInputJob(tx: Tx, scope: AppScope, id: string): Promise<bigint> {
  const row = await tx
    .insertInto('input_jobs')
    .values({ app_key: scope.appKey, id, status_code: jobStatus.queued })
    .onConflict((conflict) =>
      conflict.columns(['app_key', 'id']).doUpdateSet({ modified_at: sql`now()` }),
    )
    .returning('key')
    .executeTakeFirstOrThrow();
  return row.key;
}

/** A job of an id that is free; undefined when it is taken. */
export async function insertInputJob(
  tx: Tx,
  scope: AppScope,
  id: string,
): Promise<bigint | undefined> {
  const row = await tx
    .insertInto('input_jobs')
    .values({ app_key: scope.appKey, id, status_code: jobStatus.queued })
    .onConflict((conflict) => conflict.columns(['app_key', 'id']).doNothing())
    .returning('key')
    .executeTakeFirst();
  return row?.key;
}

/** The answer that the same call got before, if there was one. */
export async function findCall(
  db: Db | Tx,
  scope: AppScope,
  jobId: string,
  contentHash: Buffer,
): Promise<readonly CallAnswer[] | undefined> {
  const row = await db
    .selectFrom('input_calls as c')
    .innerJoin('input_jobs as j', 'j.key', 'c.job_key')
    .select('c.answer')
    .where('j.app_key', '=', scope.appKey)
    .where('j.id', '=', jobId)
    .where('c.content_hash', '=', contentHash)
    .executeTakeFirst();
  // Only `insertCall` writes it.
  return row?.answer as readonly CallAnswer[] | undefined;
}

export async function insertCall(
  tx: Tx,
  jobKey: bigint,
  contentHash: Buffer,
  answer: readonly CallAnswer[],
): Promise<void> {
  await tx
    .insertInto('input_calls')
    .values({ job_key: jobKey, content_hash: contentHash, answer: JSON.stringify(answer) })
    .execute();
  const refused = answer.filter((item) => typeof item !== 'string').length;
  const accepted = answer.length - refused;
  await tx
    .updateTable('input_jobs')
    .set({
      status_code: accepted > 0 ? jobStatus.queued : sql`status_code`,
      accepted_count: sql`accepted_count + ${accepted}`,
      refused_count: sql`refused_count + ${refused}`,
    })
    .where('key', '=', jobKey)
    .execute();
}

export async function getInputJob(
  db: Db | Tx,
  scope: AppScope,
  id: string,
): Promise<InputJobRow | undefined> {
  const row = await selectJobs(db, scope).where('j.id', '=', id).executeTakeFirst();
  return row && toJobRow(row);
}

/** Jobs by id, in the order of the ids. */
export async function getInputJobs(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<InputJobRow[]> {
  if (ids.length === 0) return [];
  const rows = await selectJobs(db, scope)
    .where('j.id', 'in', [...ids])
    .execute();
  return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []).map(toJobRow);
}

/** The app's jobs, newest first. */
export async function listInputJobs(
  db: Db,
  scope: AppScope,
  window: Window,
): Promise<InputJobRow[]> {
  const key = { column: 'j.key', direction: 'desc' } as const;
  const rows = await applyPage(selectJobs(db, scope), window, [], key).execute();
  return rows.map(toJobRow);
}

function selectJobs(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('input_jobs as j')
    .select((eb) => [
      'j.key',
      'j.id',
      'j.status_code',
      'j.accepted_count',
      'j.refused_count',
      'j.done_count',
      'j.failed_count',
      'j.created_at',
      'j.modified_at',
      eb
        .selectFrom('inputs as i')
        .select(sql<number>`count(*)::integer`.as('count'))
        .whereRef('i.job_key', '=', 'j.key')
        .where('i.status_code', '=', inputStatus.running)
        .as('running'),
      // Archives that inputs of the job come from, or came from: 64000 queued, 64001 running, 64003 failed.
      eb
        .selectFrom('extraction_jobs as e')
        .select(sql<number>`min(e.status_code)`.as('code'))
        .whereRef('e.input_job', '=', 'j.key')
        .where('e.status_code', 'in', [jobStatus.queued, jobStatus.running, jobStatus.failed])
        .as('extraction'),
    ])
    .where('j.app_key', '=', scope.appKey);
}

type Joined = Awaited<ReturnType<ReturnType<typeof selectJobs>['execute']>>[number];

function toJobRow(row: Joined): InputJobRow {
  const { key, id, created_at, modified_at, status_code: code } = row;
  const open = row.accepted_count - row.done_count - row.failed_count;
  const running = Math.min(row.running ?? 0, open);
  const progress = {
    pending: open - running,
    running,
    done: row.done_count,
    failed: row.failed_count + row.refused_count,
  };
  const ended = code === jobStatus.cancelled ? code : (row.extraction ?? jobStatus.completed);
  const begun = row.extraction === jobStatus.running && code === jobStatus.queued;
  const going = begun ? jobStatus.running : code;
  return { key, id, created_at, modified_at, progress, status_code: open > 0 ? going : ended };
}

/** Inputs that came to an end, by the job that they belong to. */
export interface Ended {
  readonly jobKey: bigint | null;
  readonly done: boolean;
}

/** Counts inputs that came to an end for their jobs. */
export async function countEnded(tx: Tx, ended: readonly Ended[]): Promise<void> {
  const counts = new Map<bigint, { done: number; failed: number }>();
  for (const { jobKey, done } of ended) {
    if (jobKey === null) continue;
    const count = counts.get(jobKey) ?? { done: 0, failed: 0 };
    count[done ? 'done' : 'failed'] += 1;
    counts.set(jobKey, count);
  }
  // In one order for all, so that two that finish inputs of the same jobs don't deadlock.
  const jobs = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [jobKey, { done, failed }] of jobs) {
    await sql`
      update input_jobs
      set done_count = done_count + ${done}::integer, failed_count = failed_count + ${failed}::integer,
          modified_at = now(),
          status_code = case when status_code = ${jobStatus.cancelled}::integer then status_code
                             when done_count + failed_count + ${done + failed}::integer < accepted_count
                             then ${jobStatus.running}::integer else ${jobStatus.completed}::integer end
      where key = ${jobKey}::bigint`.execute(tx);
  }
}

/** Inputs that were deleted before they came to an end are nobody's business any more. */
export async function forgetAccepted(tx: Tx, jobKeys: readonly bigint[]): Promise<void> {
  const counts = new Map<bigint, number>();
  for (const jobKey of jobKeys) counts.set(jobKey, (counts.get(jobKey) ?? 0) + 1);
  for (const [jobKey, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await sql`
      update input_jobs set accepted_count = accepted_count - ${count}::integer, modified_at = now()
      where key = ${jobKey}::bigint`.execute(tx);
  }
}

/** Ends a job: inputs that nobody has begun fail. Those in work are finished. */
export async function cancelInputJob(tx: Tx, jobKey: bigint, details: string): Promise<void> {
  const { rows } = await sql<{ key: bigint }>`
    update inputs set status_code = 30002, status_details = ${details}, url_hash = null, modified_at = now()
    where job_key = ${jobKey}::bigint and status_code = ${inputStatus.pending}::integer
    returning key`.execute(tx);
  await sql`
    update input_jobs
    set status_code = ${jobStatus.cancelled}::integer, failed_count = failed_count + ${rows.length}::integer,
        modified_at = now()
    where key = ${jobKey}::bigint`.execute(tx);
}
