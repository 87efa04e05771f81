// Brings a database to the form this code expects. Migrations are numbered `.sql` files, applied in order, once and
// forever; one that says `-- breaking` in a line of its own makes a backup first.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Log } from '../log.ts';

export interface MigrateOptions {
  readonly connection: pg.PoolConfig;
  readonly log: Log;
  /** Of the `.sql` files; a bundled program has to say where they are. */
  readonly directory?: string;
  /** Called before the first breaking migration of a database that holds something already. */
  readonly backup?: (reason: BackupReason) => Promise<void>;
  /** The last number to apply: for a database that is to be filled with older rows before it goes on. */
  readonly upTo?: number;
  /** Schemas of libraries, installed under the same lock before our own migrations. */
  readonly install?: (connection: pg.PoolConfig) => Promise<void>;
}

export interface BackupReason {
  /** Number of the last migration applied so far. */
  readonly version: number;
  readonly breaking: readonly string[];
}

export interface Migrated {
  readonly version: number;
  readonly applied: readonly string[];
}

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly breaking: boolean;
  readonly sql: string;
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

const lockKey = 0x4c494d50; // "LIMP"
const defaultDirectory = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** Applies what is missing. Two starters at once are no danger: the second waits for the first. */
export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const migrations = await readMigrations(options.directory);
  const client = new pg.Client({ application_name: 'limpid migrate', ...options.connection });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await lock(client, options.log);
    await options.install?.(options.connection);
    return await applyMissing(client, migrations, options);
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}

export async function readMigrations(directory = defaultDirectory): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(names.map((name) => readMigration(directory, name)));
  for (const [index, { number, name }] of migrations.entries()) {
    if (migrations[index - 1]?.number === number) {
      throw new Error(`Two migrations have the number of ${name}.`);
    }
  }
  return migrations;
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  const number = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1];
  if (number === undefined) {
    throw new Error(`${name} is not named like a migration (0001-what-it-does.sql).`);
  }
  const sql = (await readFile(join(directory, name), 'utf8')).replaceAll('\r\n', '\n');
  const sha256 = createHash('sha256').update(sql).digest('hex');
  return { number: Number(number), name, sha256, breaking: /^-- breaking\b/m.test(sql), sql };
}

async function lock(client: pg.Client, log: Log): Promise<void> {
  const tried = await client.query('select pg_try_advisory_lock($1) as taken', [lockKey]);
  if (tried.rows[0]?.taken) return;
  log.info({}, 'another process is migrating the database: waiting for it');
  await client.query('select pg_advisory_lock($1)', [lockKey]);
}

async function applyMissing(
  client: pg.Client,
  migrations: readonly Migration[],
  options: MigrateOptions,
): Promise<Migrated> {
  const done = await readApplied(client);
  const { upTo = Number.POSITIVE_INFINITY } = options;
  const missing = choose(migrations, done).filter(({ number }) => number <= upTo);
  const breaking = missing.filter((migration) => migration.breaking).map(({ name }) => name);
  const version = done.at(-1)?.number ?? 0;
  if (breaking.length > 0 && done.length > 0) await options.backup?.({ version, breaking });
  for (const migration of missing) {
    await apply(client, migration);
    options.log.info({ migration: migration.name }, 'migration applied');
  }
  return {
    version: missing.at(-1)?.number ?? version,
    applied: missing.map(({ name }) => name),
  };
}

async function readApplied(client: pg.Client): Promise<Applied[]> {
  await client.query(`
    create table if not exists limpid_migrations (
      number     integer primary key,
      name       text not null,
      sha256     text not null,
      applied_at timestamptz not null default now()
    )`);
  const { rows } = await client.query<Applied>(
    'select number, name, sha256 from limpid_migrations order by number',
  );
  return rows;
}

/** The migrations still to apply, or an error where code and database have different histories. */
function choose(migrations: readonly Migration[], done: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.number, migration]));
  const last = done.at(-1)?.number ?? 0;
  for (const { number, name, sha256 } of done) {
    const migration = known.get(number);
    if (migration === undefined) {
      throw new Error(
        `The database was migrated by a newer release (it has ${name}). Start that release, or restore a backup.`,
      );
    }
    if (migration.sha256 !== sha256) {
      throw new Error(
        `${migration.name} was changed after it had been applied; add a new migration.`,
      );
    }
  }
  const missing = migrations.filter(({ number }) => !done.some((row) => row.number === number));
  const late = missing.find(({ number }) => number < last);
  if (late) throw new Error(`${late.name} comes too late: number ${last} is applied already.`);
  return missing;
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query('insert into limpid_migrations (number, name, sha256) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.sha256,
    ]);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => undefined);
    throw new Error(`Migration ${migration.name} failed${lineOf(migration.sql, cause)}`, { cause });
  }
}

function lineOf(sql: string, error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) return `: ${String(error)}`;
  const line = sql.slice(0, Number(error.position ?? 1) - 1).split('\n').length;
  return ` at line ${line}: ${error.message}`;
}
