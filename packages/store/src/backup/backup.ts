// A backup is a folder: rows as COPY writes them, which every later PostgreSQL reads, blobs, the secret key, and a
// manifest with the hash of each. What can be built again (the vector index, model weights) is left out.
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import type { Blobs } from '../blobs/blobs.ts';
import { openFileBlobs } from '../blobs/fs.ts';
import type { Log } from '../log.ts';
import { writeBlobs } from './blob-copies.ts';
import { copyOut } from './copy.ts';
import { durableFile } from './files.ts';
import {
  type AppliedMigration,
  backupFormat,
  type FileEntry,
  hashFile,
  type Manifest,
  manifestName,
  type SequenceEntry,
  type TableEntry,
} from './manifest.ts';
import { listTables, type Table } from './tables.ts';

export interface BackupOptions {
  readonly connection: pg.PoolConfig;
  /** Left out for a backup of the database alone. */
  readonly blobs?: Blobs;
  readonly secretKey?: Uint8Array;
  /** Further files of the home, such as the credentials. */
  readonly files?: readonly string[];
  /** A folder that does not exist yet. */
  readonly out: string;
  readonly log: Log;
}

/** Writes a backup as of one moment, while others go on working. It has its final name only when it is whole. */
export async function backup(options: BackupOptions): Promise<Manifest> {
  await refuseFilled(options.out);
  const draft = `${options.out}.unfinished-${randomBytes(4).toString('hex')}`;
  await mkdir(join(draft, 'tables'), { recursive: true, mode: 0o700 });
  try {
    const manifest = await writeBackup(draft, options);
    await rm(options.out, { recursive: true, force: true });
    await rename(draft, options.out);
    options.log.info({ folder: options.out, tables: manifest.tables.length }, 'backup written');
    return manifest;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function refuseFilled(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length > 0)
    throw new Error(`${folder} is not empty: a backup needs a folder of its own.`);
}

async function writeBackup(folder: string, options: BackupOptions): Promise<Manifest> {
  const rows = await inSnapshot(options.connection, (client) => writeRows(client, folder));
  // After the rows: a blob that they name was written before them.
  const blobs = options.blobs && (await writeAllBlobs(folder, options.blobs));
  const secretKey = options.secretKey && (await writeKey(folder, options.secretKey));
  const files = await Promise.all((options.files ?? []).map((file) => keepFile(folder, file)));
  const manifest: Manifest = {
    format: backupFormat,
    created: new Date().toISOString(),
    ...rows,
    ...(blobs && { blobs }),
    ...(secretKey && { secretKey }),
    files,
  };
  const path = join(folder, manifestName);
  await writeFile(path, `${JSON.stringify(manifest, undefined, 1)}\n`, {
    mode: 0o600,
    flush: true,
  });
  const line = `${await hashFile(path)}  ${manifestName}\n`;
  await writeFile(`${path}.sha256`, line, { mode: 0o600, flush: true });
  return manifest;
}

/** All that happens in here sees the database as it was at one moment. */
async function inSnapshot<R>(
  connection: pg.PoolConfig,
  work: (client: pg.Client) => Promise<R>,
): Promise<R> {
  const client = new pg.Client({ application_name: 'limpid backup', ...connection });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const result = await work(client);
    await client.query('commit');
    return result;
  } finally {
    await client.end();
  }
}

async function writeRows(client: pg.Client, folder: string) {
  const migrations = await client.query<AppliedMigration>(
    'select number, name, sha256 from limpid_migrations order by number',
  );
  const tables: TableEntry[] = [];
  for (const table of await listTables(client))
    tables.push(await writeTable(client, folder, table));
  const jobs = await writeCopy(client, folder, 'jobs.gz', waitingJobs);
  return { migrations: migrations.rows, tables, sequences: await readSequences(client), jobs };
}

/** Failed ones are not taken along, running ones are to run again. */
const waitingJobs = `copy (
  select json_build_object('identifier', task_identifier, 'payload', payload, 'run_at', run_at,
    'max_attempts', max_attempts, 'job_key', key, 'priority', priority)
  from (
    select tasks.identifier as task_identifier, jobs.*
    from graphile_worker._private_jobs as jobs join graphile_worker._private_tasks as tasks on tasks.id = jobs.task_id
    where jobs.attempts < jobs.max_attempts or jobs.locked_at is not null
  ) as waiting order by id) to stdout`;

async function writeTable(client: pg.Client, folder: string, table: Table): Promise<TableEntry> {
  const columns = table.columns.map((column) => pg.escapeIdentifier(column)).join(', ');
  const text = `copy ${pg.escapeIdentifier(table.name)} (${columns}) to stdout`;
  const written = await writeCopy(client, folder, `tables/${table.name}.gz`, text);
  return { table: table.name, columns: table.columns, ...written };
}

async function writeCopy(client: pg.Client, folder: string, file: string, text: string) {
  const copy = copyOut(client, text);
  await pipeline(copy.stream, createGzip({ level: 3 }), durableFile(join(folder, file)));
  return { file, sha256: await hashFile(join(folder, file)), rows: copy.rows() };
}

/** Sequences are no part of a snapshot; theirs are never behind it. */
async function readSequences(client: pg.Client): Promise<SequenceEntry[]> {
  const { rows } = await client.query<{ name: string }>(
    "select sequencename as name from pg_sequences where schemaname = 'public' order by 1",
  );
  const sequences: SequenceEntry[] = [];
  for (const { name } of rows) {
    const state = await client.query<{ value: string; called: boolean }>(
      `select last_value::text as value, is_called as called from ${pg.escapeIdentifier(name)}`,
    );
    sequences.push(...state.rows.map((row) => ({ sequence: name, ...row })));
  }
  return sequences;
}

async function writeAllBlobs(folder: string, from: Blobs) {
  await using to = await openFileBlobs(join(folder, 'blobs'));
  const file = 'blobs.txt';
  const totals = await writeBlobs(from, to, join(folder, file));
  return { file, sha256: await hashFile(join(folder, file)), ...totals };
}

async function writeKey(folder: string, key: Uint8Array): Promise<FileEntry> {
  const file = 'secret.key';
  const path = join(folder, file);
  await writeFile(path, `${Buffer.from(key).toString('base64')}\n`, { mode: 0o600, flush: true });
  return { file, sha256: await hashFile(path) };
}

async function keepFile(folder: string, path: string): Promise<FileEntry> {
  const file = `files/${basename(path)}`;
  await mkdir(join(folder, 'files'), { recursive: true, mode: 0o700 });
  await copyFile(path, join(folder, file));
  return { file, sha256: await hashFile(join(folder, file)) };
}
