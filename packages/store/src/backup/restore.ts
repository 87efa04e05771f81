// Fills an empty home from a backup. Either everything is there in the end, or it is as empty as before:
// 1. check every file of the backup, and that the home is empty but for what is made again from rows, which goes;
// 2. bring the database to the form it had, load the rows in one transaction, put the blobs;
// 3. bring it to today's form, then the key.

import { createReadStream } from 'node:fs';
import { copyFile, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import type { Blobs } from '../blobs/blobs.ts';
import { openFileBlobs } from '../blobs/fs.ts';
import { migrate, readMigrations } from '../db/migrate.ts';
import { keepSecretKey, parseKey } from '../home/secret-key.ts';
import { installJobs } from '../jobs/install.ts';
import type { Log } from '../log.ts';
import { readBlobs } from './blob-copies.ts';
import { copyIn } from './copy.ts';
import { type Manifest, readManifest, type TableEntry } from './manifest.ts';
import { listTables, type Table } from './tables.ts';

export interface RestoreOptions {
  /** The backup's folder. */
  readonly from: string;
  readonly connection: pg.PoolConfig;
  readonly blobs: Blobs;
  /** The new home's path. */
  readonly home: string;
  /** LIMPID_SECRET_KEY, where it is set: then it must be the backup's. */
  readonly secretKey?: string;
  /** Folders of what is made again from the rows: what they hold is of another home's rows, and goes. */
  readonly madeAgain?: readonly string[];
  /** Of the `.sql` files, as for `migrate`. */
  readonly migrations?: string;
  /** Runs in the transaction that loaded the rows: for what they say about things that are not in a backup. */
  readonly afterLoad?: (client: pg.Client) => Promise<void>;
  readonly log: Log;
}

export async function restore(options: RestoreOptions): Promise<Manifest> {
  const manifest = await readManifest(options.from);
  await refuseUnknownMigrations(manifest, options.migrations);
  const client = new pg.Client({ application_name: 'limpid restore', ...options.connection });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await refuseFilled(client, options);
    // Before there are rows: a vector of theirs could pass for one of ours, whose keys begin at 1 as well.
    for (const derived of options.madeAgain ?? []) await emptyFolder(derived);
    try {
      await fill(client, manifest, options);
    } catch (error) {
      await empty(client, options.blobs);
      throw error;
    }
  } finally {
    await client.end();
  }
  options.log.info({ from: options.from, made: manifest.created }, 'backup restored');
  return manifest;
}

async function fill(client: pg.Client, manifest: Manifest, options: RestoreOptions): Promise<void> {
  const { connection, log } = options;
  const upTo = manifest.migrations.at(-1)?.number ?? 0;
  const ways = { connection, log, ...(options.migrations && { directory: options.migrations }) };
  await migrate({ ...ways, upTo, install: (to) => installJobs(to, log) });
  await loadRows(client, manifest, options);
  if (manifest.blobs) {
    await using from = await openFileBlobs(join(options.from, 'blobs'));
    await readBlobs(from, options.blobs, join(options.from, manifest.blobs.file));
  }
  await migrate(ways);
  await client.query('analyze');
  for (const { file } of manifest.files) {
    await copyFile(join(options.from, file), join(options.home, basename(file)));
  }
  if (manifest.secretKey) {
    const text = await readFile(join(options.from, manifest.secretKey.file), 'utf8');
    await keepSecretKey(options.home, parseKey(text), options.secretKey);
  }
}

async function refuseUnknownMigrations(manifest: Manifest, directory?: string): Promise<void> {
  const known = new Map(
    (await readMigrations(directory)).map(({ name, sha256 }) => [name, sha256]),
  );
  const unknown = manifest.migrations.find(({ name, sha256 }) => known.get(name) !== sha256);
  if (unknown) {
    throw new Error(
      `The backup was made by a newer release (it has ${unknown.name}): restore it with that one.`,
    );
  }
}

async function refuseFilled(client: pg.Client, options: RestoreOptions): Promise<void> {
  const tables = await client.query(
    "select from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' limit 1",
  );
  if (tables.rowCount)
    throw new Error('The database is not empty: a backup is restored into a new home.');
  for await (const key of options.blobs.list('')) {
    throw new Error(
      `The blob store is not empty (it holds ${key}): a backup is restored into a new home.`,
    );
  }
}

/** The folder itself stays: it has its owner and mode. */
async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function empty(client: pg.Client, blobs: Blobs): Promise<void> {
  await client.query('rollback').catch(() => undefined);
  await client.query('drop schema public cascade; create schema public');
  await client.query('drop schema if exists graphile_worker cascade');
  const keys: string[] = [];
  for await (const key of blobs.list('')) keys.push(key);
  await blobs.delete(keys);
}

async function loadRows(
  client: pg.Client,
  manifest: Manifest,
  options: RestoreOptions,
): Promise<void> {
  await client.query('begin');
  const tables = new Map((await listTables(client)).map((table) => [table.name, table]));
  const keys = await dropForeignKeys(client);
  for (const name of tables.keys()) await client.query(`truncate ${pg.escapeIdentifier(name)}`);
  for (const entry of manifest.tables) {
    const table = tables.get(entry.table);
    if (table === undefined) throw new Error(`The backup has an unknown table: ${entry.table}.`);
    await loadTable(client, entry, table, options.from);
  }
  // Made anew they are checked against the rows.
  for (const key of keys) await client.query(key.add);
  for (const { sequence, value, called } of manifest.sequences) {
    await client.query('select setval($1::regclass, $2::bigint, $3)', [
      pg.escapeIdentifier(sequence),
      value,
      called,
    ]);
  }
  await loadJobs(client, join(options.from, manifest.jobs.file));
  await options.afterLoad?.(client);
  await client.query('commit');
}

async function dropForeignKeys(client: pg.Client): Promise<{ add: string }[]> {
  const { rows } = await client.query<{ drop: string; add: string }>(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
           format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
      from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0`);
  for (const key of rows) await client.query(key.drop);
  return rows;
}

async function loadTable(
  client: pg.Client,
  entry: TableEntry,
  table: Table,
  folder: string,
): Promise<void> {
  const name = pg.escapeIdentifier(entry.table);
  const defaults = table.transactionIds.map((column) => pg.escapeIdentifier(column));
  await client.query(`alter table ${name} disable trigger user`);
  const before = await readDefaults(client, table);
  for (const column of defaults) {
    await client.query(`alter table ${name} alter column ${column} set default '3'::xid8`);
  }
  const columns = entry.columns.map((column) => pg.escapeIdentifier(column)).join(', ');
  const rows = await copyIn(
    client,
    `copy ${name} (${columns}) from stdin`,
    unzip(join(folder, entry.file)),
  );
  if (rows !== entry.rows)
    throw new Error(`${entry.table} has ${rows} rows instead of ${entry.rows}.`);
  for (const restoreDefault of before) await client.query(restoreDefault);
  await client.query(`alter table ${name} enable trigger user`);
}

/** Statements that give the transaction id columns their own defaults back. */
async function readDefaults(client: pg.Client, table: Table): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(
    `select format('alter table %s alter column %I %s', attrelid::regclass, attname,
            coalesce('set default ' || pg_get_expr(adbin, adrelid), 'drop default')) as statement
       from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = $1::regclass and attname = any($2)`,
    [pg.escapeIdentifier(table.name), table.transactionIds],
  );
  return rows.map((row) => row.statement);
}

/** Through the queue's own function, as if they were enqueued now. */
async function loadJobs(client: pg.Client, file: string): Promise<void> {
  await client.query('create temporary table restored_jobs (spec json) on commit drop');
  await copyIn(client, 'copy restored_jobs from stdin', unzip(file));
  await client.query(`select count(*) from graphile_worker.add_jobs(
    array(select json_populate_record(null::graphile_worker.job_spec, spec) from restored_jobs))`);
}

function unzip(file: string): AsyncIterable<Uint8Array> {
  const unzipped = createGunzip();
  // A failure of either comes out where the other end is read.
  return pipeline(createReadStream(file), unzipped, () => undefined);
}
