import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../launcher/index.ts';
import { startMark, waitUntil } from '../launcher/processes.ts';
import { silentLog } from '../log.ts';
import { type Db, openDb } from './db.ts';
import { DatabaseFailure } from './failures.ts';
import { readBinary } from './read-binary.ts';
import { transaction } from './transaction.ts';

let folder = '';
let postgres: Postgres;
let db: Db;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'limpid-restart-'));
  postgres = await startPostgres({
    dataDir: join(folder, 'pg'),
    settings: { fsync: 'off' },
    log: silentLog,
  });
  db = openDb({ connection: postgres.connection, log: silentLog });
  await sql`create table counted (id text primary key)`.execute(db);
});

afterAll(async () => {
  await db.close();
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

/** Writes by single statements and by transactions until told to stop; tells what was acknowledged. */
async function write(
  name: string,
  done: () => boolean,
): Promise<{ acknowledged: string[]; failures: unknown[] }> {
  const acknowledged: string[] = [];
  const failures: unknown[] = [];
  for (let n = 0; !done(); n += 1) {
    const id = `${name}-${n}`;
    const insert = sql`insert into counted values (${id})`;
    try {
      if (n % 2) await insert.execute(db);
      else await transaction(db, (tx) => insert.execute(tx));
      acknowledged.push(id);
    } catch (error) {
      failures.push(error);
    }
  }
  return { acknowledged, failures };
}

test('a database that is killed under load costs a few "later" answers and nothing that was acknowledged', async () => {
  let over = false;
  const writers = ['a', 'b', 'c', 'd'].map((name) => write(name, () => over));
  for (let kill = 0; kill < 2; kill += 1) {
    const before = postgres.pid;
    process.kill(before, 'SIGKILL');
    await expect.poll(() => postgres.pid, { timeout: 20_000 }).not.toBe(before);
    await sql`select 1`.execute(db);
  }
  over = true;
  const results = await Promise.all(writers);

  for (const failure of results.flatMap((result) => result.failures)) {
    expect(failure).toBeInstanceOf(DatabaseFailure);
    expect(failure).toMatchObject({ kind: 'lost' });
  }
  const acknowledged = results.flatMap((result) => result.acknowledged);
  const { rows } = await sql<{ id: string }>`select id from counted`.execute(db);
  const stored = new Set(rows.map((row) => row.id));
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  // At most the one statement that each writer had under way, for each kill.
  expect(results.flatMap((result) => result.failures).length).toBeLessThanOrEqual(8);
});

test('queries that come while it is away wait for it', async () => {
  const before = postgres.pid;
  process.kill(before, 'SIGKILL');
  // Its connections end with it, and the pool notices on its own.
  await waitUntil(() => startMark(before) === undefined, 10_000);
  await sleep(20);
  const ones: (number | undefined)[] = [];
  const binary = readBinary(db, sql`select 1`, ([one]) => ones.push(one?.readInt32BE()));
  const { rows } = await sql`select 1 as one`.execute(db);
  expect(rows).toEqual([{ one: 1 }]);
  await binary;
  expect(ones).toEqual([1]);
});
