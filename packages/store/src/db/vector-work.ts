// Keeping the vector index in step with the rows, as far as it is SQL. Works over all apps: only jobs call it.
import { sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { vectorOf } from './packed.ts';
import { readBinary } from './read-binary.ts';
import { kindOf, type StoredVector } from './search-embeddings.ts';

export interface WaitingVector extends StoredVector {
  readonly space: bigint;
  readonly appKey: bigint;
}

/** An embedding as it is read; its bytes are gone with the next one. */
export interface WaitingRow extends Omit<WaitingVector, 'vector'> {
  readonly vector: Uint8Array;
}

/** Embeddings that the index does not hold yet, space by space. */
export async function readWaiting(
  db: Db,
  limit: number,
  onRow: (row: WaitingRow) => void,
): Promise<void> {
  const query = sql`
    select e.key, e.space, e.app_key, e.input_key, ${kindOf()}, e.vector
    from embeddings e join inputs i on i.key = e.input_key
    where not e.indexed order by e.space, e.key limit ${sql.lit(limit)}`;
  await readBinary(db, query, ([key, space, app, input, kind, vector]) => {
    if (!key || !space || !app || !input || !kind || !vector) return;
    onRow({
      key: key.readBigInt64BE(),
      space: space.readBigInt64BE(),
      appKey: app.readBigInt64BE(),
      inputKey: input.readBigInt64BE(),
      kind: kind.readInt32BE(),
      vector,
    });
  });
}

export async function listWaitingVectors(db: Db, limit: number): Promise<WaitingVector[]> {
  const found: WaitingVector[] = [];
  await readWaiting(db, limit, (row) => found.push({ ...row, vector: vectorOf(row.vector) }));
  return found;
}

export async function hasIndexWork(db: Db): Promise<boolean> {
  const { rows } = await sql<{ some: boolean }>`
    select exists (select 1 from embeddings where not indexed)
        or exists (select 1 from vector_trash) as some`.execute(db);
  return rows[0]?.some ?? false;
}

/** Notes that the index holds these; returns those whose rows were deleted meanwhile. */
export async function markIndexed(db: Db, keys: readonly bigint[]): Promise<bigint[]> {
  const { rows } = await sql<{ key: bigint }>`
    update embeddings set indexed = true where key = any(${[...keys]}::bigint[]) returning key`.execute(
    db,
  );
  const there = new Set(rows.map((row) => row.key));
  return keys.filter((key) => !there.has(key));
}

/** Notes that the index can't hold this one, as of another size than the others of its space; it is no hit any more. */
export async function markUnfit(db: Db, key: bigint): Promise<void> {
  await sql`update embeddings set indexed = true, unfit = true where key = ${key}::bigint`.execute(
    db,
  );
}

export interface DeadVector {
  readonly key: bigint;
  readonly space: bigint;
  readonly embedding: bigint;
}

export async function listDead(db: Db, limit: number): Promise<DeadVector[]> {
  const { rows } = await sql<DeadVector>`
    select key, space, embedding from vector_trash order by key limit ${limit}`.execute(db);
  return rows;
}

export async function forgetDead(db: Db, keys: readonly bigint[]): Promise<void> {
  await sql`delete from vector_trash where key = any(${[...keys]}::bigint[])`.execute(db);
}

/** How many vectors of each space the index should hold. */
export async function countIndexed(db: Db): Promise<{ space: bigint; count: number }[]> {
  const { rows } = await sql<{ space: bigint; count: number }>`
    select space, count(*)::integer as count from embeddings where indexed and not unfit group by space`.execute(
    db,
  );
  return rows;
}

/** Has a space indexed again from its rows. Its index was lost. */
export async function forgetIndexed(db: Db | Tx, space: bigint): Promise<void> {
  await sql`update embeddings set indexed = false, unfit = false where space = ${space}::bigint and indexed`.execute(
    db,
  );
}
