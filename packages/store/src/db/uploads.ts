// Uploads in parts. What is owned by an app's owner is nobody else's business, however public the app.
import type { AppScope } from '@limpid/domain/access/authority';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { applyPage, type Window } from './page.ts';
import type { UploadPartsTable, UploadsTable } from './tables.ts';

export const uploadStatus = {
  inProgress: 68000,
  done: 68001,
  expired: 68004,
  canceled: 68005,
} as const;

/** An upload and how many of its bytes are there. */
export interface UploadRow extends Selectable<UploadsTable> {
  readonly received: bigint;
}

export type UploadPart = Selectable<UploadPartsTable>;

export interface NewUpload {
  readonly id: string;
  readonly contentName: string;
  readonly contentLength: bigint;
}

/** When an upload was touched, and until when it is kept. */
export interface Lifetime {
  readonly now: Date;
  readonly until: Date;
}

/** Adds uploads that wait for their parts; ids that are taken are left out of the answer. */
export async function insertUploads(
  tx: Tx,
  scope: AppScope,
  uploads: readonly NewUpload[],
  { now, until }: Lifetime,
): Promise<{ id: string; key: bigint }[]> {
  return await tx
    .insertInto('uploads')
    .values(
      uploads.map(({ id, contentName, contentLength }) => ({
        app_key: scope.appKey,
        id,
        status_code: uploadStatus.inProgress,
        content_name: contentName,
        content_length: contentLength,
        created_at: now,
        modified_at: now,
        expires_at: until,
      })),
    )
    .onConflict((conflict) => conflict.columns(['app_key', 'id']).doNothing())
    .returning(['id', 'key'])
    .execute();
}

/** Uploads by id, in the order of the ids. */
export async function getUploads(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<UploadRow[]> {
  if (ids.length === 0) return [];
  const rows = await selectUploads(db, scope)
    .where('u.id', 'in', [...ids])
    .execute();
  return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
}

/** The app's uploads, newest first. */
export async function listUploads(db: Db, scope: AppScope, window: Window): Promise<UploadRow[]> {
  const key = { column: 'u.key', direction: 'desc' } as const;
  return await applyPage(selectUploads(db, scope), window, [], key).execute();
}

function selectUploads(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('uploads as u')
    .selectAll('u')
    .select((eb) =>
      eb
        .selectFrom('upload_parts as p')
        .select(sql<bigint>`coalesce(sum(p.size), 0)::bigint`.as('received'))
        .whereRef('p.upload_key', '=', 'u.key')
        .$asScalar()
        .$notNull()
        .as('received'),
    )
    .where('u.app_key', '=', scope.appKey)
    .where(sql<boolean>`${scope.standing === 'owner'}::boolean`);
}

/** Lets nobody else add parts to an upload, or end it, before the transaction is over. */
export async function lockUpload(tx: Tx, scope: AppScope, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('uploads')
    .select('key')
    .where('app_key', '=', scope.appKey)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** The parts that are there, in order. */
export async function listParts(db: Db | Tx, upload: bigint): Promise<UploadPart[]> {
  return await db
    .selectFrom('upload_parts')
    .selectAll()
    .where('upload_key', '=', upload)
    .orderBy('number')
    .execute();
}

export async function insertParts(tx: Tx, parts: readonly UploadPart[]): Promise<void> {
  if (parts.length > 0)
    await tx
      .insertInto('upload_parts')
      .values([...parts])
      .execute();
}

/** Notes that an upload has moved on. */
export async function touchUpload(
  tx: Tx,
  upload: bigint,
  statusCode: number,
  { now, until }: Lifetime,
): Promise<void> {
  await tx
    .updateTable('uploads')
    .set({ status_code: statusCode, modified_at: now, expires_at: until })
    .where('key', '=', upload)
    .execute();
}

/** Deletes uploads with their parts and returns how many there were. */
export async function deleteUploads(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const keys = (await getUploads(tx, scope, ids)).map(({ key }) => key);
  await failWaiting(tx, keys, 'the upload was deleted');
  const { numDeletedRows } = await tx
    .deleteFrom('uploads')
    .where('app_key', '=', scope.appKey)
    .where('id', 'in', [...ids])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Takes the content of uploads whose time is over, and after as long again what is left of them. */
export async function expireUploads(tx: Tx, { now, until }: Lifetime): Promise<void> {
  const { expired } = uploadStatus;
  await tx
    .deleteFrom('uploads')
    .where('status_code', '=', expired)
    .where('expires_at', '<=', now)
    .execute();
  const over = await tx
    .updateTable('uploads')
    .set({ status_code: expired, modified_at: now, expires_at: until })
    .where('expires_at', '<=', now)
    .returning('key')
    .execute();
  const keys = over.map(({ key }) => key);
  await failWaiting(tx, keys, 'the upload expired');
  await sql`delete from upload_parts where upload_key = any(${keys}::bigint[])`.execute(tx);
}

/** Nothing will come for what waits for these uploads. */
async function failWaiting(tx: Tx, uploads: readonly bigint[], details: string): Promise<void> {
  await sql`
    update extraction_jobs set status_code = 64003, status_details = ${details}, modified_at = now()
    where upload_key = any(${[...uploads]}::bigint[]) and status_code = 64000`.execute(tx);
}
