// Facts about other processes of this machine, from /proc where there is one, else from `ps`.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const hasProc = process.platform === 'linux';

/**
 * What tells a living process from a later one with the same pid; undefined where no such process runs.
 * A zombie counts as not running: it holds its pid for as long as its parent doesn't ask for it.
 */
export function startMark(pid: number): string | undefined {
  if (!hasProc) return startMarkByPs(pid);
  const stat = readOptional(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${bootId()}:${fields[19]}`;
}

function startMarkByPs(pid: number): string | undefined {
  const line = ps(pid, 'stat=,lstart=');
  if (line === undefined || line.startsWith('Z')) return undefined;
  return line.replace(/^\S+\s+/, '');
}

/** Names the table that this process' pid stands in: two containers may both hold a pid 7. */
export function pidNamespace(): string {
  if (!hasProc) return '';
  try {
    return `${bootId()}:${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return bootId();
  }
}

function bootId(): string {
  return readOptional('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** Pids of the Postgres processes, zombies aside, that work in `dataDir` (a real path). */
export function postgresProcesses(dataDir: string, postmaster: number | undefined): number[] {
  if (hasProc) return pidsByWorkingDirectory(dataDir);
  if (postmaster === undefined || startMark(postmaster) === undefined) return [];
  const command = ps(postmaster, 'command=') ?? '';
  return command.includes('postgres') && command.includes(dataDir) ? [postmaster] : [];
}

function pidsByWorkingDirectory(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => workingDirectory(name) === directory)
    .filter((name) => readOptional(`/proc/${name}/cmdline`)?.includes('postgres'))
    .map(Number)
    .filter((pid) => startMark(pid) !== undefined);
}

function workingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** True while the pid is taken, be it by a zombie or by a process that may not be signalled. */
export function pidIsTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Sends a signal; a process that has gone meanwhile is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks until `done` says yes or the time is over; tells which. */
export async function waitUntil(done: () => boolean, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!done()) {
    if (performance.now() > end) return false;
    await sleep(20);
  }
  return true;
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(pid: number, columns: string): string | undefined {
  const result = spawnSync('ps', ['-o', columns, '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return result.status === 0 ? result.stdout.trim() || undefined : undefined;
}
