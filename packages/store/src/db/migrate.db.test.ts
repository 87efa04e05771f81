import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../log.ts';
import { type MigrateOptions, migrate } from './migrate.ts';

const { db, connection } = await testDatabase({ empty: true });
let directory = '';

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'limpid-migrations-'));
  await sql`drop schema public cascade`.execute(db);
  await sql`create schema public`.execute(db);
});

afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
const run = (options: Partial<MigrateOptions> = {}) =>
  migrate({ connection, directory, log: silentLog, ...options });

async function tables(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

test('applies what is missing, in order, once', async () => {
  write('0002-second.sql', 'alter table first add column b int;');
  write('0001-first.sql', 'create table first (a int); insert into first values (1);');
  expect(await run()).toEqual({ version: 2, applied: ['0001-first.sql', '0002-second.sql'] });
  write('0003-third.sql', 'create table third (a int)');
  expect(await run()).toEqual({ version: 3, applied: ['0003-third.sql'] });
  expect(await run()).toEqual({ version: 3, applied: [] });
  expect(await tables()).toEqual(['first', 'limpid_migrations', 'third']);
});

test('a migration that fails changes nothing, says where, and can be repaired', async () => {
  write('0001-first.sql', 'create table first (a int);');
  write('0002-broken.sql', 'create table half (a int);\n\nselect nonsense;\n');
  await expect(run()).rejects.toThrow(/0002-broken\.sql failed at line 3: .*nonsense/);
  expect(await tables()).toEqual(['first', 'limpid_migrations']);
  write('0002-broken.sql', 'create table half (a int);');
  expect((await run()).applied).toEqual(['0002-broken.sql']);
});

test('two starters at once apply everything once', async () => {
  write('0001-slow.sql', 'select pg_sleep(0.3); create table first (a int);');
  const results = await Promise.all([run(), run(), run()]);
  expect(results.map((result) => result.applied.length).sort()).toEqual([0, 0, 1]);
});

test('a breaking migration is preceded by a backup, unless there is nothing to lose', async () => {
  const seen: string[][] = [];
  const backup = vi.fn(async () => {
    seen.push(await tables());
  });
  write('0001-first.sql', '-- breaking\ncreate table first (a int);');
  await run({ backup });
  expect(backup).not.toHaveBeenCalled();
  write('0002-calm.sql', 'create table second (a int);');
  write(
    '0003-wild.sql',
    '-- Renames everything.\n-- breaking\nalter table first rename to renamed;',
  );
  await run({ backup });
  expect(backup).toHaveBeenCalledExactlyOnceWith({ version: 1, breaking: ['0003-wild.sql'] });
  expect(seen).toEqual([['first', 'limpid_migrations']]);
});

test('no backup, no breaking change', async () => {
  write('0001-first.sql', 'create table first (a int);');
  await run();
  write('0002-wild.sql', '-- breaking\ndrop table first;');
  const backup = () => Promise.reject(new Error('disk full'));
  await expect(run({ backup })).rejects.toThrow('disk full');
  expect(await tables()).toContain('first');
});

test('a database of a newer release is refused', async () => {
  write('0001-first.sql', 'create table first (a int);');
  write('0002-newer.sql', 'create table second (a int);');
  await run();
  rmSync(join(directory, '0002-newer.sql'));
  await expect(run()).rejects.toThrow('migrated by a newer release (it has 0002-newer.sql)');
});

test.each([
  ['changed after it was applied', { '0002-second.sql': 'select 2' }, 'was changed after'],
  ['that comes too late', { '0001-late.sql': 'select 1' }, '0001-late.sql comes too late'],
  ['with a number twice', { '0002-again.sql': 'select 1' }, 'Two migrations have the number'],
  ['with another name', { '3-third.sql': 'select 1' }, 'not named like a migration'],
])('a migration %s is refused', async (_what, files, message) => {
  write('0002-second.sql', 'select 1');
  await run();
  for (const [name, text] of Object.entries(files)) write(name, text);
  await expect(run()).rejects.toThrow(message);
});
