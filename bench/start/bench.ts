/**
 * How long the second start takes until it is ready, and what the platform then holds in memory.
 *
 *   npm run bench -- start
 *
 * Resident memory is that of the platform and its database, without a runner: none is started before it is needed.
 * Postgres' processes share pages; the proportional sum counts a shared page once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, median, say } from '../lib/measure.ts';
import { ownSettings } from '../lib/platform.ts';

const STARTS = 5;
const READY_WITHIN_MS = 120_000;
const IDLE_MS = 5_000;
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'limpid-bench-'));
const port = await freePort();

try {
  const first = await startOnce();
  const later: number[] = [];
  let memory = { names: '', rss: 0, pss: 0 };
  for (let start = 0; start < STARTS; start++) {
    const last = start === STARTS - 1;
    later.push(await startOnce(last ? (pid) => (memory = memoryOf(pid)) : undefined));
  }
  say(
    `ready after ${figure(first)} ms on the first start, ${figure(median(later))} ms on later ones`,
  );
  say(`idle: ${figure(memory.rss)} MB resident, ${figure(memory.pss)} MB with shared pages once`);
  say(`  ${memory.names}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds from the start of the program to the first good answer of /readyz. */
async function startOnce(whenIdle?: (pid: number) => void): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ['tools/start.mjs'], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...ownSettings(),
      LIMPID_HOME: join(folder, 'home'),
      LIMPID_PORT: String(port),
    },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await untilReady(child);
    const ms = performance.now() - started;
    if (whenIdle && child.pid) {
      await sleep(IDLE_MS);
      whenIdle(child.pid);
    }
    return ms;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function untilReady(child: ChildProcess): Promise<void> {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await sleep(10)) {
    if (child.exitCode !== null) throw new Error(`the platform ended: ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error('the platform was not ready in time');
}

/** Megabytes of a process and all below it. */
function memoryOf(top: number): { names: string; rss: number; pss: number } {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(name, 'stat');
      // The name may hold blanks and brackets: what follows the last bracket is regular.
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      return stat === '' ? [] : [[Number(name), Number(parent)] as const];
    });
  const family = new Set([top]);
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  let rss = 0;
  let pss = 0;
  const names = new Map<string, number>();
  for (const pid of family) {
    const sums = read(String(pid), 'smaps_rollup');
    const kb = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(sums)?.[1] ?? 0);
    rss += kb('Rss') / 1024;
    pss += kb('Pss') / 1024;
    const name = read(String(pid), 'comm').trim();
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  return { rss, pss, names: [...names].map(([name, count]) => `${count} × ${name}`).join(', ') };
}

function read(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // Ended meanwhile.
    return '';
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const free = typeof address === 'object' ? (address?.port ?? 0) : 0;
      server.close(() => resolve(free));
    });
  });
}
