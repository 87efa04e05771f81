import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import type { IdentityKind } from './identity.ts';
import { connectionOfRunning, type PostgresOptions, startPostgres } from './index.ts';
import { pidIsTaken, postgresProcesses, startMark, waitUntil } from './processes.ts';

let home = '';
let dataDir = '';
let children: ChildProcess[] = [];

beforeEach(async () => {
  home = join(mkdtempSync(join(tmpdir(), 'limpid-launcher-')), 'home');
  dataDir = join(home, 'pg');
  await mkdir(home, { mode: 0o700 });
  // As root the account Postgres may run under must be able to pass the folder around the home.
  execFileSync('chmod', ['711', join(home, '..')]);
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  rmSync(join(home, '..'), { recursive: true, force: true });
});

// Crashes of processes, unlike those of machines, lose nothing that wasn't flushed: no test but one needs the disk.
const quick = { fsync: 'off' };

const start = (options: Partial<PostgresOptions> = {}) =>
  startPostgres({ dataDir, settings: quick, log: silentLog, ...options });

async function query<Row extends pg.QueryResultRow>(
  connection: pg.PoolConfig,
  text: string,
): Promise<Row[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Starts Postgres in another process of ours, which the test then kills. */
async function startElsewhere(): Promise<{
  child: ChildProcess;
  pid: number;
  connection: pg.PoolConfig;
}> {
  const fixture = fileURLToPath(new URL('start.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { pid, socketDir } = JSON.parse(String(line)) as { pid: number; socketDir: string };
  return { child, pid, connection: { host: socketDir, user: 'limpid', database: 'limpid' } };
}

async function killHard(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A pid that is taken by something which is no Postgres and stays around until the test ends. */
function stranger(): number {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  children.push(child);
  return child.pid ?? 0;
}

/** The pid of a process that ended, and whose parent never asks for it. */
async function zombie(): Promise<number> {
  const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const pid = Number(line);
  await waitUntil(() => pidIsTaken(pid) && startMark(pid) === undefined, 5_000);
  return pid;
}

const asRoot = process.getuid?.() === 0;
const ways: IdentityKind[] = asRoot ? ['namespace', 'account'] : ['self'];

describe.each(ways)('as %s', (identity) => {
  test('starts on an empty folder, stops, and starts again with its data', async () => {
    const first = await start({ identity });
    expect(statSync(first.socketDir).mode & 0o777).toBe(0o700);
    await query(first.connection, "create table kept as select 'yes' as it");
    const { pid, socketDir } = first;
    await first.stop();
    expect(startMark(pid)).toBeUndefined();
    expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false);
    expect(existsSync(socketDir)).toBe(false);

    await using second = await start({ identity });
    expect(await query(second.connection, 'select it from kept')).toEqual([{ it: 'yes' }]);
  });
});

test('is set up for itself alone: no port, own locale, safe on disk', async () => {
  await using postgres = await start({ settings: {} });
  const shown = async (name: string) =>
    Object.values((await query(postgres.connection, `show ${name}`))[0] ?? {})[0];
  expect(await shown('listen_addresses')).toBe('');
  expect(await shown('server_encoding')).toBe('UTF8');
  expect(await shown('fsync')).toBe('on');
  expect(await shown('timezone')).toBe('UTC');
  const [locale] = await query(
    postgres.connection,
    'select datlocprovider, datlocale from pg_database where datname = current_database()',
  );
  expect(locale).toEqual({ datlocprovider: 'b', datlocale: 'C.UTF-8' });
  expect(await query(postgres.connection, "select upper('é') as it")).toEqual([{ it: 'É' }]);
});

test('tells another process how to reach it, while it runs', async () => {
  const postgres = await start();
  expect(connectionOfRunning(dataDir)).toEqual(postgres.connection);
  await postgres.stop();
  expect(connectionOfRunning(dataDir)).toBeUndefined();
});

test('a server that dies is started again', async () => {
  await using postgres = await start();
  await query(postgres.connection, "create table kept as select 'yes' as it");
  const before = postgres.pid;
  process.kill(before, 'SIGKILL');
  await expect.poll(() => postgres.pid, { timeout: 10_000 }).not.toBe(before);
  expect(await query(postgres.connection, 'select it from kept')).toEqual([{ it: 'yes' }]);
});

test.each([0, 10, 30])('a stop %d ms into a restart ends it for good', async (pause) => {
  const postgres = await start();
  const before = postgres.pid;
  process.kill(before, 'SIGKILL');
  await waitUntil(() => startMark(before) === undefined, 10_000);
  await sleep(pause);
  await postgres.stop();
  expect(postgresProcesses(dataDir, postgres.pid)).toEqual([]);
});

describe('after kill -9', () => {
  test('of its parent, the server shuts down by itself', async () => {
    const { child, pid, connection } = await startElsewhere();
    await query(connection, "create table kept as select 'yes' as it");
    await killHard(child);
    expect(await waitUntil(() => startMark(pid) === undefined, 10_000)).toBe(true);
    expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false);
    await using next = await start();
    expect(await query(next.connection, 'select it from kept')).toEqual([{ it: 'yes' }]);
  });

  test('of parent and shell, the orphan is replaced and nothing is lost', async () => {
    const { child, pid, connection } = await startElsewhere();
    await query(connection, "create table kept as select 'yes' as it");
    // The shell leads the session that the server stands in; its watcher is the shell's other child.
    const shell = Number(
      execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }),
    );
    const group = execFileSync('ps', ['-o', 'pid=', '--ppid', String(shell)], { encoding: 'utf8' })
      .split('\n')
      .map(Number)
      .filter((other) => other > 0 && other !== pid);
    for (const one of [...group, shell]) process.kill(one, 'SIGKILL');
    await killHard(child);
    expect(startMark(pid)).toBeDefined();

    const warnings: string[] = [];
    await using next = await start({
      log: { ...silentLog, warn: (_fields, text) => warnings.push(text ?? '') },
    });
    expect(warnings).toEqual(['ending a Postgres that an earlier run left behind']);
    expect(startMark(pid)).toBeUndefined();
    expect(postgresProcesses(dataDir, next.pid)).toContain(next.pid);
    expect(await query(next.connection, 'select it from kept')).toEqual([{ it: 'yes' }]);
  });

  test.each([
    ['a zombie', zombie],
    ['a stranger', async () => stranger()],
  ])('a pid file that names %s does not keep it from starting', async (_name, makePid) => {
    const first = await start();
    const file = join(dataDir, 'postmaster.pid');
    const lines = readFileSync(file, 'utf8').split('\n');
    await first.stop();
    lines[0] = String(await makePid());
    writeFileSync(file, lines.join('\n'));
    await using second = await start();
    expect(String(second.pid)).not.toBe(lines[0]);
  });

  test('during the very first start, a half-made folder is made anew', async () => {
    await mkdir(`${dataDir}.new`);
    writeFileSync(join(`${dataDir}.new`, 'PG_VERSION'), '18\n');
    await using postgres = await start();
    expect(postgres.pid).toBeGreaterThan(0);
    expect(existsSync(`${dataDir}.new`)).toBe(false);
  });
});

test('refuses the files of another major version, and says what to do', async () => {
  await mkdir(dataDir);
  writeFileSync(join(dataDir, 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toThrow('written by PostgreSQL 17, this release brings 18');
});

test('says what the server said when it can not start', async () => {
  const failing = start({ settings: { shared_buffers: 'plenty' } });
  await expect(failing).rejects.toThrow(/did not start.*shared_buffers/s);
});
