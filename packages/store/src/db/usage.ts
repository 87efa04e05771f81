import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, inner } from './db.ts';
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

/**
 * Notes the use that one request made; the same request again adds nothing. Written within moments, together with
 * what came at the same time, and tried until the database takes it: an answer that was computed neither waits for that
 * nor fails with it. A process that is killed loses what it noted in the last moment.
 */
export function noteUsage(db: Db, usage: Usage): void {
  if (usage.quantity > 0) ledgerOf(db).add(usage);
}

/** When all that was noted so far is written. */
export async function usageWritten(db: Db): Promise<void> {
  await ledgers.get(db)?.settled();
}

const ledgers = new WeakMap<Db, Ledger>();

function ledgerOf(db: Db): Ledger {
  let ledger = ledgers.get(db);
  if (!ledger) {
    const made = new Ledger(db);
    ledger = made;
    ledgers.set(db, made);
    db[inner].beforeClose.push(() => made.close());
  }
  return ledger;
}

/** So that a busy server writes for many at once, and one caller meets no write in every call. */
const GATHER_MS = 50;
const MOST_ROWS = 1_000;
/** Some minutes of a busy server whose database is gone. */
const MOST_WAITING = 200_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

class Ledger {
  readonly #db: Db;
  readonly #closing = new AbortController();
  #waiting: Usage[] = [];
  #writing: Promise<void> | undefined;
  #lost = 0;

  constructor(db: Db) {
    this.#db = db;
  }

  add(usage: Usage): void {
    if (this.#waiting.length >= MOST_WAITING) this.#lost += 1;
    else this.#waiting.push(usage);
    this.#writing ??= this.#writeAll();
  }

  settled(): Promise<void> {
    return this.#writing ?? Promise.resolve();
  }

  /** Tries once more, without pauses. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.settled();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#pause(GATHER_MS);
      await this.#write(this.#waiting.splice(0, MOST_ROWS));
      if (this.#lost > 0) this.#log.error({ rows: this.#lost }, 'usage was lost: too much waited');
      this.#lost = 0;
    }
    this.#writing = undefined;
  }

  async #write(rows: readonly Usage[]): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await insertRows(this.#db, rows);
        return;
      } catch (error) {
        if (!(error instanceof DatabaseFailure) || error.kind === 'gone')
          return await this.#writeEach(rows, error);
        if (this.#closing.signal.aborted) return this.#giveUp(rows, error);
        await this.#pause(pause);
      }
    }
  }

  /** A row that can't be written, as of an app that is gone meanwhile, must not take others with it. */
  async #writeEach(rows: readonly Usage[], error: unknown): Promise<void> {
    if (rows.length === 1) return this.#giveUp(rows, error);
    for (const row of rows) await this.#write([row]);
  }

  #giveUp(rows: readonly Usage[], error: unknown): void {
    this.#log.error({ err: error, rows: rows.length }, 'usage could not be written');
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  get #log() {
    return this.#db[inner].log;
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
