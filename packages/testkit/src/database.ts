import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, type DbOptions, openDb, silentLog } from '@limpid/store';
import pg from 'pg';
import { inject } from 'vitest';
import { atEndOfFile } from './leaks.ts';
import { type TestServer, template } from './postgres.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly db: Db;
  /** For what connects by itself: workers, listeners, backups. */
  readonly connection: pg.PoolConfig;
}

export interface TestDatabaseOptions extends Partial<Omit<DbOptions, 'connection'>> {
  /** Start without any table instead of with all migrations applied. */
  readonly empty?: boolean;
}

/**
 * A database of its own, with all migrations applied. It goes away when it is disposed of, at the latest after the last
 * test of the file, and complains then about connections that the tests left open.
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { empty = false, ...dbOptions } = options;
  const server = inject('postgres');
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await asAdmin(server, (admin) =>
    admin.query(`create database ${name} template ${empty ? 'template0' : template}`),
  );
  const connection: pg.PoolConfig = { ...server, database: name };
  const db = openDb({ connection, log: silentLog, maxConnections: 5, ...dbOptions });
  let dropped: Promise<void> | undefined;
  const drop = () => {
    dropped ??= db.close().then(() => asAdmin(server, (admin) => dropDatabase(admin, name)));
    return dropped;
  };
  atEndOfFile(drop);
  return { db, connection, [Symbol.asyncDispose]: drop };
}

async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  const left = await connectionsLeft(admin, name);
  // Ending them by force would raise errors in the tests' process that hide this one.
  if (left.length > 0) throw new Error(`Connections were left open: ${left.join('; ')}`);
  await admin.query(`drop database ${name}`);
}

/** A closed connection's server process takes a moment to end. */
async function connectionsLeft(admin: pg.Client, name: string): Promise<string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const { rows } = await admin.query<{ about: string }>(
      `select application_name || ': ' || left(query, 80) as about
         from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || attempt === 40) return rows.map((row) => row.about);
    await sleep(50);
  }
}

async function asAdmin<R>(server: TestServer, work: (admin: pg.Client) => Promise<R>): Promise<R> {
  const admin = new pg.Client({ ...server, database: 'postgres' });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
