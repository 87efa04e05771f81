// After `kill -9` of its parent, or of itself, Postgres leaves processes or a pid file behind. Both are cleared away
// here before a start, in an order that never lets two servers write to the same data.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../log.ts';
import { pidIsTaken, postgresProcesses, signalProcess, waitUntil } from './processes.ts';

export interface PidFile {
  readonly pid: number;
  readonly socketDir: string;
  readonly ready: boolean;
}

/** What a server wrote into its data folder about itself. */
export function readPidFile(dataDir: string): PidFile | undefined {
  const path = join(dataDir, 'postmaster.pid');
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').split('\n');
  return {
    pid: Math.abs(Number(lines[0])),
    socketDir: lines[4]?.trim() ?? '',
    ready: lines[7]?.trim() === 'ready',
  };
}

/** Ends every server process that works on `dataDir` (a real path), then removes a pid file that would lie. */
export async function clearOrphan(dataDir: string, log: Log): Promise<void> {
  const file = readPidFile(dataDir);
  if (file === undefined) return;
  const living = postgresProcesses(dataDir, file.pid);
  if (living.length > 0) {
    log.warn({ pids: living, dataDir }, 'ending a Postgres that an earlier run left behind');
    await endProcesses(dataDir, file.pid, living.includes(file.pid));
  }
  // A dead pid is left for Postgres to judge, which also looks for survivors in shared memory. It can't
  // judge a pid that a zombie or a stranger holds.
  if (pidIsTaken(file.pid)) rmSync(join(dataDir, 'postmaster.pid'), { force: true });
  removeSocket(file.socketDir);
}

async function endProcesses(dataDir: string, postmaster: number, alive: boolean): Promise<void> {
  const gone = () => postgresProcesses(dataDir, postmaster).length === 0;
  if (alive) signalProcess(postmaster, 'SIGINT');
  if (await waitUntil(gone, alive ? 10_000 : 2_000)) return;
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of postgresProcesses(dataDir, postmaster)) signalProcess(pid, signal);
    if (await waitUntil(gone, 5_000)) return;
  }
  const left = postgresProcesses(dataDir, postmaster).join(', ');
  throw new Error(`PostgreSQL processes of ${dataDir} do not end: ${left}`);
}

/** The socket's own lock file names the same pid and would refuse the start as well. */
function removeSocket(socketDir: string): void {
  if (socketDir === '' || !existsSync(dirname(socketDir))) return;
  for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) {
    rmSync(join(socketDir, name), { force: true });
  }
}
