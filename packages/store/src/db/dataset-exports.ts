// Exports of dataset versions: 64201 pending, 64203 while the archive is written, then 64200 or 64202 failed.
import type { AppScope } from '@limpid/domain/access/authority';
import { sql } from 'kysely';
import { versionStatus } from './dataset-versions.ts';
import type { Db, Tx } from './db.ts';

export const exportStatus = { done: 64200, pending: 64201, failed: 64202, running: 64203 } as const;

/** A failure is told for so long before another attempt: who asks again and again would never hear of it. */
const failureToldSeconds = 60;

/** The status of a version, which stays what it is until the transaction is over; undefined when it is gone. */
export async function holdVersion(tx: Tx, version: bigint): Promise<number | undefined> {
  const row = await tx
    .selectFrom('dataset_versions')
    .select('status_code')
    .where('key', '=', version)
    .forShare()
    .executeTakeFirst();
  return row?.status_code;
}

/** Asks for exports and returns the formats of those that are new, or are tried again. */
export async function requestExports(
  tx: Tx,
  version: bigint,
  formats: readonly number[],
): Promise<number[]> {
  const { pending, failed } = exportStatus;
  const { rows } = await sql<{ format: number }>`
    insert into dataset_version_exports as e (version_key, format, status_code)
    select ${version}::bigint, format, ${pending}::integer from unnest(${[...formats]}::smallint[]) as format
    on conflict (version_key, format) do update
      set status_code = ${pending}::integer, status_details = '', modified_at = now()
      where e.status_code = ${failed}::integer
        and e.modified_at < now() - make_interval(secs => ${failureToldSeconds}::integer)
    returning format`.execute(tx);
  return rows.map(({ format }) => format);
}

/** Formats that wait for the version to be ready. */
export async function listPendingExports(tx: Tx, version: bigint): Promise<number[]> {
  const rows = await tx
    .selectFrom('dataset_version_exports')
    .select('format')
    .where('version_key', '=', version)
    .where('status_code', '=', exportStatus.pending)
    .execute();
  return rows.map(({ format }) => format);
}

/** Where the inputs of a version live. */
export interface ExportPlace {
  readonly appKey: bigint;
  readonly appId: string;
  readonly userKey: bigint;
  readonly userId: string;
}

/** Takes an unfinished export of a ready version into work; undefined when there is nothing to do. */
export async function beginExport(
  db: Db,
  version: bigint,
  format: number,
): Promise<ExportPlace | undefined> {
  const { pending, running } = exportStatus;
  const { rows } = await sql<ExportPlace>`
    update dataset_version_exports e set status_code = ${running}::integer, modified_at = now()
    from dataset_versions v
    join datasets d on d.key = v.dataset_key
    join apps a on a.key = d.app_key
    join users u on u.key = a.user_key
    where e.version_key = ${version}::bigint and e.format = ${format}::smallint
      and e.status_code in (${pending}::integer, ${running}::integer)
      and v.key = e.version_key and v.status_code = ${versionStatus.ready}::integer
    returning a.key as "appKey", a.id as "appId", u.key as "userKey", u.id as "userId"`.execute(db);
  return rows[0];
}

/** Finishes an export; false when it was finished already, or is gone. */
export async function finishExport(
  tx: Tx,
  version: bigint,
  format: number,
  made: { readonly blob: string; readonly size: number },
): Promise<boolean> {
  const row = await tx
    .updateTable('dataset_version_exports')
    .set({
      status_code: exportStatus.done,
      blob: made.blob,
      size: BigInt(made.size),
      modified_at: sql`now()`,
    })
    .where('version_key', '=', version)
    .where('format', '=', format)
    .where('status_code', '=', exportStatus.running)
    .returning('format')
    .executeTakeFirst();
  return row !== undefined;
}

/** Gives exports up that are not finished: one, or all of a version. */
export async function failExports(
  tx: Tx,
  version: bigint,
  details: string,
  format?: number,
): Promise<void> {
  const { pending, running, failed } = exportStatus;
  let query = tx
    .updateTable('dataset_version_exports')
    .set({ status_code: failed, status_details: details, modified_at: sql`now()` })
    .where('version_key', '=', version)
    .where('status_code', 'in', [pending, running]);
  if (format !== undefined) query = query.where('format', '=', format);
  await query.execute();
}

/** The blob of a finished export, by the ids that clients know. */
export async function findExportBlob(
  db: Db,
  scope: AppScope,
  version: bigint,
  format: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('dataset_version_exports as e')
    .innerJoin('dataset_versions as v', 'v.key', 'e.version_key')
    .innerJoin('datasets as d', 'd.key', 'v.dataset_key')
    .select('e.blob')
    .where('d.app_key', '=', scope.appKey)
    .where('e.version_key', '=', version)
    .where('e.format', '=', format)
    .where('e.status_code', '=', exportStatus.done)
    .executeTakeFirst();
  return row?.blob ?? undefined;
}

/** Exports of ready versions that nobody has finished for a while. */
export async function listStuckExports(
  db: Db,
  untouchedSeconds: number,
): Promise<{ version: bigint; format: number }[]> {
  const { pending, running } = exportStatus;
  const { rows } = await sql<{ version: bigint; format: number }>`
    select e.version_key as version, e.format from dataset_version_exports e
    join dataset_versions v on v.key = e.version_key and v.status_code = ${versionStatus.ready}::integer
    where e.status_code in (${pending}::integer, ${running}::integer)
      and e.modified_at < now() - make_interval(secs => ${untouchedSeconds}::integer)
    order by e.version_key, e.format limit 1000`.execute(db);
  return rows;
}
