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
  await tx
    .updateTable('input_jobs')
    .set({
      status_code: refused === answer.length ? sql`status_code` : jobStatus.queued,
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
      'j.refused_count',
      'j.body',
      'j.created_at',
      'j.modified_at',
      eb
        .selectFrom(
          eb
            .selectFrom('inputs as i')
            .select(['i.status_code as code', sql<number>`count(*)`.as('count')])
            .whereRef('i.job_key', '=', 'j.key')
            .groupBy('i.status_code')
            .as('by_status'),
        )
        .select(sql<Record<string, number> | null>`jsonb_object_agg(code, count)`.as('counts'))
        .as('counts'),
    ])
    .where('j.app_key', '=', scope.appKey);
}

type Joined = Awaited<ReturnType<ReturnType<typeof selectJobs>['execute']>>[number];

function toJobRow(row: Joined): InputJobRow {
  const { counts, refused_count: refused, status_code: code, body, ...rest } = row;
  const progress = progressOf(counts ?? {}, refused);
  const final = (body as { final?: Progress }).final;
  const isOpen = progress.pending + progress.running > 0;
  // Inputs that were deleted since still count as what they became.
  if (!isOpen && final) return { ...rest, status_code: code, progress: final };
  const idle = code === jobStatus.cancelled ? code : jobStatus.completed;
  return { ...rest, progress, status_code: isOpen ? code : idle };
}

function progressOf(counts: Readonly<Record<string, number>>, refused: number): Progress {
  const { done, pending, running } = inputStatus;
  const of = (code: number): number => counts[code] ?? 0;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const failed = all - of(done) - of(pending) - of(running) + refused;
  return { pending: of(pending), running: of(running), done: of(done), failed };
}

/** Notes what became of a job's inputs once none is left to do. Called by whoever finished some. */
export async function settleInputJobs(tx: Tx, jobKeys: readonly bigint[]): Promise<void> {
  if (jobKeys.length === 0) return;
  // Locked first: of two that finish the last inputs together, the second then sees what the first wrote.
  await sql`select key from input_jobs where key = any(${[...jobKeys]}::bigint[]) order by key for update`.execute(
    tx,
  );
  await sql`
    with counted as (
      select j.key,
             count(i.key) filter (where i.status_code in (30001, 30003)) as open,
             count(i.key) filter (where i.status_code = 30000) as done,
             count(i.key) filter (where i.status_code not in (30000, 30001, 30003)) + j.refused_count as failed
      from input_jobs j left join inputs i on i.job_key = j.key
      where j.key = any(${[...jobKeys]}::bigint[]) group by j.key)
    update input_jobs j
    set modified_at = now(),
        status_code = case when open > 0 then case when status_code = 64000 then 64001 else status_code end
                           when status_code = 64004 then 64004 else 64002 end,
        body = case when open > 0 then '{}'::jsonb
                    else jsonb_build_object('final', jsonb_build_object(
                      'pending', 0, 'running', 0, 'done', done, 'failed', failed)) end
    from counted where counted.key = j.key`.execute(tx);
}

/** Ends a job: inputs that nobody has begun fail. Those in work are finished. */
export async function cancelInputJob(tx: Tx, jobKey: bigint, details: string): Promise<void> {
  await sql`
    update inputs set status_code = 30002, status_details = ${details}, url_hash = null, modified_at = now()
    where job_key = ${jobKey}::bigint and status_code = ${inputStatus.pending}::integer`.execute(
    tx,
  );
  await sql`update input_jobs set status_code = 64004, modified_at = now() where key = ${jobKey}::bigint`.execute(
    tx,
  );
  await settleInputJobs(tx, [jobKey]);
}
