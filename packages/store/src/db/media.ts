// The trash of blobs. A blob is written down here before its first byte is written and taken off when a row refers to
// it; so whatever was written by a process that died, or for a row that went, is found and removed.
import { sql } from 'kysely';
import type { Db, Tx } from './db.ts';

/** Blobs that are about to be written: trash, unless they are kept within the time. Returns their marks. */
export async function expectBlobs(
  db: Db,
  blobs: readonly string[],
  withinSeconds: number,
): Promise<Map<string, bigint>> {
  if (blobs.length === 0) return new Map();
  const { rows } = await sql<{ blob: string; key: bigint }>`
    insert into blob_trash (blob, due_at)
    select blob, now() + make_interval(secs => ${withinSeconds}::integer) from unnest(${[...blobs]}::text[]) as blob
    returning blob, key`.execute(db);
  return new Map(rows.map((row) => [row.blob, row.key]));
}

/** Takes expected blobs off the list, in the transaction that makes rows refer to them. */
export async function keepBlobs(tx: Tx, marks: readonly bigint[]): Promise<void> {
  if (marks.length === 0) return;
  await sql`delete from blob_trash where key = any(${[...marks]}::bigint[])`.execute(tx);
}

/** Expected blobs that no row will refer to may go at once. */
export async function dropExpected(db: Db, marks: readonly bigint[]): Promise<void> {
  if (marks.length === 0) return;
  await sql`update blob_trash set due_at = now() where key = any(${[...marks]}::bigint[])`.execute(
    db,
  );
}

export interface TrashRow {
  readonly key: bigint;
  readonly blob: string;
}

/** The oldest trash that is due. */
export async function listDueBlobs(db: Db, limit: number): Promise<TrashRow[]> {
  return await db
    .selectFrom('blob_trash')
    .select(['key', 'blob'])
    .where('due_at', '<=', sql<Date>`now()`)
    .orderBy('due_at')
    .orderBy('key')
    .limit(limit)
    .execute();
}

/** Called once the blobs are gone. */
export async function forgetTrash(db: Db, keys: readonly bigint[]): Promise<void> {
  await sql`delete from blob_trash where key = any(${[...keys]}::bigint[])`.execute(db);
}
