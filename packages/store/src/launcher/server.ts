import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.ts';
import type { Binaries } from './binaries.ts';
import { commandAs, type Identity, reducedEnvironment } from './identity.ts';
import { readPidFile } from './orphan.ts';
import { signalProcess } from './processes.ts';
import { connectionAt, database } from './running.ts';
import { type Tail, tailOf } from './tail.ts';

export interface ServerPlan {
  readonly binaries: Binaries;
  readonly identity: Identity;
  readonly dataDir: string;
  readonly socketDir: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: Log;
}

export interface Server {
  readonly pid: number;
  /** Settles with the reason once the server has ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Between us and the server stands a shell: it holds the pipe from us, and when that breaks (we were killed), it
 * asks the server for a fast shutdown. Descriptor 3 is needed because a background job's stdin is /dev/null.
 */
const untilParentDies = [
  'trap : HUP INT TERM',
  'exec 3<&0',
  '"$0" "$@" 3<&- </dev/null & server=$!',
  '(trap "" HUP INT TERM; read -r _ <&3; kill -INT $server) 2>/dev/null & watch=$!',
  'wait $server; code=$?',
  'while kill -0 $server 2>/dev/null; do wait $server; code=$?; done',
  'kill -KILL $watch 2>/dev/null',
  'exit $code',
].join('\n');

/** Starts the server and returns once it answers and the database exists. */
export async function spawnServer(plan: ServerPlan): Promise<Server> {
  const args = ['-D', plan.dataDir, ...settingArgs(plan)];
  const command = commandAs(plan.identity, 'sh', [
    '-c',
    untilParentDies,
    plan.binaries.postgres,
    ...args,
  ]);
  const child = spawn(command.file, command.args, {
    ...command.options,
    env: reducedEnvironment(),
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const said = tailOf(child.stderr);
  forward(child, plan.log);
  const ended = endOf(child, said);
  try {
    await untilReady(plan.socketDir, ended);
    await createDatabase(plan.socketDir);
  } catch (error) {
    await stopServer(child, ended, readPidFile(plan.dataDir)?.pid);
    throw error;
  }
  const pid = readPidFile(plan.dataDir)?.pid ?? 0;
  return { pid, ended, stop: () => stopServer(child, ended, pid) };
}

function settingArgs(plan: ServerPlan): string[] {
  const settings = { ...plan.settings, unix_socket_directories: plan.socketDir };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function endOf(child: ChildProcess, said: Tail): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`exit ${code ?? signal}. ${said.text()}`.trim()));
    // Writing to a shell that has gone is the normal end of a stop.
    child.stdin?.on('error', () => undefined);
  });
}

// Said at every start and stop, and when a session is ended on purpose.
const usual = /the database system is|terminating connection due to/;

function forward(child: ChildProcess, log: Log): void {
  if (!child.stderr) return;
  createInterface({ input: child.stderr }).on('line', (line) => {
    const grave = /\b(FATAL|PANIC):/.test(line) && !usual.test(line);
    if (grave) log.warn({ postgres: line }, 'Postgres reports');
    else log.debug({ postgres: line }, 'Postgres reports');
  });
}

/** Closing the pipe makes the shell ask for a fast shutdown; signals follow if that isn't obeyed. */
async function stopServer(
  child: ChildProcess,
  ended: Promise<string>,
  pid: number | undefined,
): Promise<void> {
  child.stdin?.end();
  const over = ended.then(() => true);
  for (const [patience, signal] of [
    [30_000, 'SIGQUIT'],
    [10_000, 'SIGKILL'],
  ] as const) {
    const timer = new AbortController();
    const late = sleep(patience, false, { signal: timer.signal }).catch(() => false);
    const done = await Promise.race([over, late]);
    timer.abort();
    if (done) return;
    if (pid !== undefined) signalProcess(pid, signal);
  }
  await over;
}

async function untilReady(socketDir: string, ended: Promise<string>): Promise<void> {
  let reason: string | undefined;
  void ended.then((text) => {
    reason = text;
  });
  // Recovery after a crash replays at most `max_wal_size`: a slow disk may need minutes for it.
  const end = performance.now() + 300_000;
  for (;;) {
    if (reason !== undefined) throw new Error(`Postgres did not start: ${reason}`);
    if (await answers(socketDir)) return;
    if (performance.now() > end) throw new Error('Postgres did not become ready in 5 minutes.');
    await sleep(10);
  }
}

async function answers(socketDir: string): Promise<boolean> {
  const client = new pg.Client({ ...connectionAt(socketDir), database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(socketDir: string): Promise<void> {
  const client = new pg.Client({ ...connectionAt(socketDir), database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}
