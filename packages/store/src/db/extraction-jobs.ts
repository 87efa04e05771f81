// Jobs that make inputs of an uploaded archive. They belong to the app's owner alone, as uploads do.
import type { AppScope } from '@limpid/domain/access/authority';
import type { MediaKind } from '@limpid/domain/input/media';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { jobStatus } from './input-jobs.ts';
import { applyPage, type Window } from './page.ts';
import type { ExtractionJobsTable } from './tables.ts';
import { uploadStatus } from './uploads.ts';

export const extractionStatus = jobStatus;
const open = [extractionStatus.queued, extractionStatus.running];

/** A job with its upload, while that is there. */
export interface ExtractionJobRow extends Selectable<ExtractionJobsTable> {
  readonly upload_id: string | null;
}

export interface NewExtractionJob {
  readonly id: string;
  readonly inputJob: bigint;
  readonly upload: bigint;
  readonly userKey: bigint;
  readonly suffixIds: boolean;
  /** JSON text, as `writeDoc` makes it. */
  readonly template: string;
}

export async function insertExtractionJob(
  tx: Tx,
  scope: AppScope,
  job: NewExtractionJob,
): Promise<void> {
  await tx
    .insertInto('extraction_jobs')
    .values({
      app_key: scope.appKey,
      id: job.id,
      input_job: job.inputJob,
      upload_key: job.upload,
      user_key: job.userKey,
      status_code: extractionStatus.queued,
      suffix_ids: job.suffixIds,
      template: job.template,
    })
    .execute();
}

/** Jobs by id, in the order of the ids. */
export async function getExtractionJobs(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<ExtractionJobRow[]> {
  if (ids.length === 0) return [];
  const rows = await selectJobs(db, scope)
    .where('e.id', 'in', [...ids])
    .execute();
  return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
}

/** Those that make inputs for these jobs. */
export async function extractionJobsOf(
  db: Db | Tx,
  scope: AppScope,
  inputJobs: readonly bigint[],
): Promise<ExtractionJobRow[]> {
  if (inputJobs.length === 0) return [];
  return await selectJobs(db, scope)
    .where('e.input_job', 'in', [...inputJobs])
    .orderBy('e.key')
    .execute();
}

/** The app's jobs, newest first. */
export async function listExtractionJobs(
  db: Db,
  scope: AppScope,
  window: Window,
): Promise<ExtractionJobRow[]> {
  const key = { column: 'e.key', direction: 'desc' } as const;
  return await applyPage(selectJobs(db, scope), window, [], key).execute();
}

function selectJobs(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('extraction_jobs as e')
    .leftJoin('uploads as u', 'u.key', 'e.upload_key')
    .selectAll('e')
    .select('u.id as upload_id')
    .where('e.app_key', '=', scope.appKey)
    .where(sql<boolean>`${scope.standing === 'owner'}::boolean`);
}

/** Keys of the jobs that wait for an upload. */
export async function waitingFor(tx: Tx, upload: bigint): Promise<bigint[]> {
  const rows = await tx
    .selectFrom('extraction_jobs')
    .select('key')
    .where('upload_key', '=', upload)
    .where('status_code', '=', extractionStatus.queued)
    .execute();
  return rows.map(({ key }) => key);
}

/** A job in work, with where its inputs go. */
export interface Extraction extends Selectable<ExtractionJobsTable> {
  readonly job_id: string;
  readonly app_id: string;
  readonly owner_key: bigint;
  readonly owner_id: string;
}

/** Takes a job whose upload is whole into work; undefined when there is nothing to do. */
export async function beginExtraction(db: Db, key: bigint): Promise<Extraction | undefined> {
  const { rows } = await sql<Extraction>`
    update extraction_jobs e set status_code = ${extractionStatus.running}::integer, modified_at = now()
    from input_jobs j, apps a, users u, uploads f
    where e.key = ${key}::bigint and e.status_code = any(${open}::integer[])
      and j.key = e.input_job and a.key = e.app_key and a.deleted_at is null and u.key = a.user_key
      and f.key = e.upload_key and f.status_code = ${uploadStatus.done}::integer
    returning e.*, j.id as job_id, a.id as app_id, u.key as owner_key, u.id as owner_id`.execute(
    db,
  );
  return rows[0];
}

export interface Advance {
  /** Entries that are dealt with, before and now. */
  readonly from: bigint;
  readonly to: bigint;
  readonly made: Readonly<Record<MediaKind, number>>;
  /** Entries that could not even be offered as inputs. */
  readonly refused: number;
}

/** Notes what became of entries, once; false when somebody else did, or the job is over. */
export async function advanceExtraction(
  tx: Tx,
  job: Pick<Extraction, 'key' | 'input_job'>,
  { from, to, made, refused }: Advance,
): Promise<boolean> {
  const row = await tx
    .updateTable('extraction_jobs')
    .set({
      position: to,
      image_count: sql`image_count + ${made.image}`,
      video_count: sql`video_count + ${made.video}`,
      audio_count: sql`audio_count + ${made.audio}`,
      text_count: sql`text_count + ${made.text}`,
      modified_at: sql`now()`,
    })
    .where('key', '=', job.key)
    .where('position', '=', from)
    .where('status_code', '=', extractionStatus.running)
    .returning('key')
    .executeTakeFirst();
  if (!row) return false;
  await tx
    .updateTable('input_jobs')
    .set({ refused_count: sql`refused_count + ${refused}`, modified_at: sql`now()` })
    .where('key', '=', job.input_job)
    .execute();
  return true;
}

/** Ends a job that is not over yet. */
export async function endExtraction(
  tx: Tx,
  key: bigint,
  statusCode: number,
  details = '',
): Promise<void> {
  await tx
    .updateTable('extraction_jobs')
    .set({ status_code: statusCode, status_details: details, modified_at: sql`now()` })
    .where('key', '=', key)
    .where('status_code', 'in', open)
    .execute();
}

/** Cancels jobs that are not over, and the uploads that some of them still wait for. Inputs that are made stay. */
export async function cancelExtractions(tx: Tx, keys: readonly bigint[]): Promise<void> {
  if (keys.length === 0) return;
  const cancelled = await tx
    .updateTable('extraction_jobs')
    .set({ status_code: extractionStatus.cancelled, modified_at: sql`now()` })
    .where('key', 'in', [...keys])
    .where('status_code', 'in', open)
    .returning('upload_key')
    .execute();
  const uploads = cancelled.flatMap(({ upload_key: upload }) => upload ?? []);
  await sql`
    update uploads set status_code = ${uploadStatus.canceled}::integer
    where key = any(${uploads}::bigint[]) and status_code = ${uploadStatus.inProgress}::integer`.execute(
    tx,
  );
}

/** Jobs that nobody has touched for a while although their upload is there. */
export async function listStuckExtractions(db: Db, untouchedSeconds: number): Promise<bigint[]> {
  const { rows } = await sql<{ key: bigint }>`
    select e.key from extraction_jobs e
    join uploads f on f.key = e.upload_key and f.status_code = ${uploadStatus.done}::integer
    join apps a on a.key = e.app_key and a.deleted_at is null
    where e.status_code = any(${open}::integer[])
      and e.modified_at < now() - make_interval(secs => ${untouchedSeconds}::integer)
    order by e.key limit 1000`.execute(db);
  return rows.map(({ key }) => key);
}
