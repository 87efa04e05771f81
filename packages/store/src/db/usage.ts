import { sql } from 'kysely';
import type { Db } from './db.ts';
import { DatabaseFailure } from './failures.ts';

export interface Usage {
  readonly requestId: string;
  /** Which part of the request, where it uses several models. */
  readonly ordinal?: number;
  readonly userKey: bigint;
  readonly appKey: bigint | null;
  readonly modelVersion: bigint | null;
  readonly operation: 'predict' | 'search';
  /** Of outputs, or of searches. */
  readonly quantity: number;
}

interface Waiting {
  readonly usage: Usage;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Use that waits to be written, of each database. Present while a statement is on its way. */
const waiting = new WeakMap<Db, Waiting[]>();
const MOST_ROWS = 1000;

/**
 * Notes the use that one request made, durably; the same request again adds nothing. What comes while a statement is on
 * its way goes together into the next one.
 */
export async function insertUsage(db: Db, usage: Usage): Promise<void> {
  if (usage.quantity === 0) return;
  await new Promise<void>((done, failed) => {
    const lane = waiting.get(db);
    const entry = { usage, done, failed };
    if (lane) lane.push(entry);
    else void writeAll(db, [entry]);
  });
}

async function writeAll(db: Db, first: readonly Waiting[]): Promise<void> {
  const lane: Waiting[] = [];
  waiting.set(db, lane);
  for (let batch = first; batch.length > 0; batch = lane.splice(0, MOST_ROWS)) {
    await write(db, batch);
  }
  waiting.delete(db);
}

/** Never rejects: each of those who wait is told. */
async function write(db: Db, batch: readonly Waiting[]): Promise<void> {
  try {
    await insertRows(
      db,
      batch.map(({ usage }) => usage),
    );
    for (const { done } of batch) done();
  } catch (error) {
    // A row that can't be written, as of an app that is gone meanwhile, must not take others with it.
    if (batch.length > 1 && !(error instanceof DatabaseFailure)) {
      for (const entry of batch) await write(db, [entry]);
    } else for (const { failed } of batch) failed(error);
  }
}

/** One text for any number of rows, so that the server keeps its plan. */
async function insertRows(db: Db, rows: readonly Usage[]): Promise<void> {
  const column = <T>(read: (row: Usage) => T): T[] => rows.map(read);
  await sql`
    insert into usage_records (request_id, ordinal, user_key, app_key, model_version, operation, quantity)
    select * from unnest(
      ${column((row) => row.requestId)}::text[],
      ${column((row) => row.ordinal ?? 0)}::integer[],
      ${column((row) => row.userKey)}::bigint[],
      ${column((row) => row.appKey)}::bigint[],
      ${column((row) => row.modelVersion)}::bigint[],
      ${column((row) => row.operation)}::text[],
      ${column((row) => row.quantity)}::bigint[])
    on conflict do nothing`.execute(db);
}
