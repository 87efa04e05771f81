import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import { connect, leasingPool, type Watch } from './lease.ts';
import { reportBreaks } from './pool-breaks.ts';
import type { Schema } from './schema.ts';
import { columnTypes } from './types.ts';

const kind: unique symbol = Symbol('kind');
export const inner: unique symbol = Symbol('inner');

type Hidden = 'transaction' | 'startTransaction' | 'connection' | 'destroy' | 'isTransaction';

/** What both kinds of handle can do: build and run queries. Raw SQL runs as sql`…`.execute(handle). */
interface Queries extends Omit<Kysely<Schema>, Hidden | typeof Symbol.asyncDispose> {}

/** The database. Each query takes a connection of its own from the pool. */
export interface Db extends Queries, AsyncDisposable {
  readonly [kind]: 'db';
  readonly [inner]: {
    readonly kysely: Kysely<Schema>;
    /** For what the query builder can't send. */
    readonly connect: () => Promise<pg.PoolClient>;
    readonly log: Log;
    /** What still has something to write. */
    readonly beforeClose: (() => Promise<void>)[];
  };
  /** Waits for running queries and closes all connections. */
  close(): Promise<void>;
}

/** An open transaction, made by `transaction()` alone: what must not be half done asks for this type. */
export interface Tx extends Queries {
  readonly [kind]: 'tx';
  /** Runs after a successful commit, and not at all otherwise. For nudges: it can fail nothing any more. */
  onCommit(nudge: () => unknown): void;
}

export interface DbOptions {
  readonly connection: pg.PoolConfig;
  readonly log: Log;
  readonly maxConnections?: number;
  /** How long a query waits for a database that restarts before it fails with a "later" status. */
  readonly patienceMs?: number;
  /** After which a statement is cancelled, also with a "later" status; 0 for never. */
  readonly statementTimeoutMs?: number;
  /** Put around the sending of every statement. */
  readonly watch?: Watch | undefined;
}

/** Opens a pool; the first connection is made by the first query. */
export function openDb(options: DbOptions): Db {
  const { log } = options;
  const pool = openPool(options);
  const patienceMs = options.patienceMs ?? 10_000;
  const kysely = new Kysely<Schema>({
    dialect: new PostgresDialect({
      pool: leasingPool(pool, patienceMs, options.watch),
    }),
  });
  // Kysely ends the pool only if it was ever used.
  const beforeClose: (() => Promise<void>)[] = [];
  const close = async () => {
    await Promise.all(beforeClose.map((finish) => finish()));
    await kysely.destroy();
    if (!pool.ending) await pool.end();
  };
  return Object.assign(kysely, {
    [kind]: 'db' as const,
    [inner]: { kysely, connect: () => connect(pool, patienceMs), log, beforeClose },
    close,
    [Symbol.asyncDispose]: close,
  });
}

function openPool(options: DbOptions): pg.Pool {
  const pool = new pg.Pool({
    application_name: 'limpid',
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: options.statementTimeoutMs ?? 120_000,
    idle_in_transaction_session_timeout: 60_000,
    types: columnTypes,
    ...options.connection,
  });
  reportBreaks(pool, options.log, 'a database connection broke');
  return pool;
}

export function asTx(trx: Kysely<Schema>, onCommit: (nudge: () => unknown) => void): Tx {
  return Object.assign(trx, { [kind]: 'tx' as const, onCommit });
}
