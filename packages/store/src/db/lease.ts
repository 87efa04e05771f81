// Connections as the query builder borrows them. Three things are added to the driver's pool: a database that is
// restarting is waited for, a query that had no effect is sent anew, and errors come out explained.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { DatabaseFailure, explain, neverSent } from './failures.ts';
import { StatementNames } from './statement-names.ts';

/** Sends a statement and may look at how long it takes. */
export type Watch = <T>(text: string, send: () => Promise<T>) => Promise<T>;

export function leasingPool(pool: pg.Pool, patienceMs: number, watch?: Watch): PostgresPool {
  const names = new StatementNames();
  return {
    connect: async () => {
      const client = await connect(pool, patienceMs);
      return new Lease({ pool, client, patienceMs, names, watch });
    },
    end: () => pool.end(),
  };
}

/** A connection, waiting with growing pauses for a server that can't be reached. */
export async function connect(pool: pg.Pool, patienceMs: number): Promise<pg.PoolClient> {
  const end = performance.now() + patienceMs;
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await pool.connect();
    } catch (raw) {
      const error = explain(raw);
      const hopeful = error instanceof DatabaseFailure && error.kind === 'lost';
      if (!hopeful || performance.now() + pause > end) throw error;
      await sleep(pause);
    }
  }
}

interface LeaseOptions {
  readonly pool: pg.Pool;
  readonly client: pg.PoolClient;
  readonly patienceMs: number;
  /** Of the whole pool: a name means the same on every connection. */
  readonly names: StatementNames;
  readonly watch: Watch | undefined;
}

class Lease implements PostgresPoolClient {
  readonly #pool: pg.Pool;
  readonly #patienceMs: number;
  readonly #names: StatementNames;
  readonly #watch: Watch | undefined;
  #client: pg.PoolClient;
  #used = false;

  constructor({ pool, client, patienceMs, names, watch }: LeaseOptions) {
    this.#pool = pool;
    this.#client = client;
    this.#patienceMs = patienceMs;
    this.#names = names;
    this.#watch = watch;
  }

  query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(text: string | PostgresCursor<R>, values: readonly unknown[] = []): unknown {
    if (typeof text !== 'string') throw new Error('cursors are not switched on');
    return this.#explained(text, [...values]);
  }

  async #explained(text: string, values: unknown[]): Promise<pg.QueryResult> {
    try {
      const send = () => this.#send(text, values);
      const result = await (this.#watch ? this.#watch(text, send) : send());
      // The server answers COMMIT of a failed transaction so, and calls it a success.
      if (text === 'commit' && result.command === 'ROLLBACK') {
        throw new Error('a query of this transaction failed: it was rolled back, not committed');
      }
      return result;
    } catch (error) {
      throw explain(error, text);
    }
  }

  async #send(text: string, values: unknown[]): Promise<pg.QueryResult> {
    const name = values.length > 0 ? this.#names.nameOf(text) : undefined;
    const named = name === undefined ? {} : { name };
    try {
      const result = await this.#client.query({ ...named, text, values });
      this.#used = true;
      return result;
    } catch (error) {
      if (name !== undefined && isStale(error)) {
        this.#names.giveUp(text);
        if (!this.#used) return this.#client.query(text, values);
      }
      // Only the first query of a lease: later ones may belong to a transaction that is gone.
      if (this.#used || !(error instanceof Error) || !mayRepeat(text, error)) throw error;
      this.#used = true;
      this.#client.release(error);
      this.#client = await connect(this.#pool, this.#patienceMs);
      return this.#client.query({ ...named, text, values });
    }
  }

  release(): void {
    this.#client.release();
  }
}

/** What the server says of a plan that was made before a column was added. */
function isStale(error: unknown): boolean {
  return (
    error instanceof Error && error.message.includes('cached plan must not change result type')
  );
}

/** What was never sent had no effect; nor has a query by itself that only reads, however far it came. */
function mayRepeat(text: string, error: Error): boolean {
  if (neverSent(error.message)) return true;
  const explained = explain(error);
  const isLost = explained instanceof DatabaseFailure && explained.kind === 'lost';
  return isLost && /^select\b/.test(text.trimStart());
}
