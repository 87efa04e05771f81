// One platform at a time may use a home. The holder's file says which process it is, so that a killed one's claim is
// seen to be void: by pid and start time where the pid can be looked up, by its heartbeat where it belongs to another
// container. Files are numbered: who takes over from a dead holder creates the next number, which only one can do.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { link, mkdir, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pidNamespace, startMark } from '../launcher/processes.ts';

export interface HomeLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly namespace: string;
  readonly host: string;
}

/** A holder elsewhere that was silent for so many beats has gone. */
const silence = 5;

/** Takes the lock of a home, or says who has it. All who take it must agree on the beat. */
export async function lockHome(home: string, beatMs = 2_000): Promise<HomeLock> {
  const folder = join(home, 'lock');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (;;) {
    const number = highest(folder);
    const holder = number === 0 ? undefined : readHolder(folder, number);
    if (holder && (await isAlive(holder, join(folder, String(number)), beatMs))) {
      throw new Error(inUse(home, holder));
    }
    const mine = number + 1;
    if (!(await claim(folder, mine))) continue;
    // Somebody who saw an older state may have gone further: the highest number wins.
    if (highest(folder) !== mine) {
      rmSync(join(folder, String(mine)), { force: true });
      continue;
    }
    removeBelow(folder, mine);
    return hold(join(folder, String(mine)), beatMs);
  }
}

function highest(folder: string): number {
  return Math.max(0, ...numbers(folder));
}

function numbers(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readHolder(folder: string, number: number): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, String(number)), 'utf8')) as Holder;
  } catch {
    // Released meanwhile, or lost half-written with the power.
    return undefined;
  }
}

async function isAlive(holder: Holder, file: string, beatMs: number): Promise<boolean> {
  if (holder.namespace === pidNamespace()) return startMark(holder.pid) === holder.start;
  const seen = beatOf(file);
  if (Date.now() - seen > 30 * beatMs) return false;
  await sleep(silence * beatMs);
  return beatOf(file) > seen;
}

function beatOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Writes the file under another name first: under its own it is never seen half-written. */
async function claim(folder: string, number: number): Promise<boolean> {
  const self: Holder = {
    pid: process.pid,
    start: startMark(process.pid) ?? '',
    namespace: pidNamespace(),
    host: hostname(),
  };
  const draft = join(folder, `draft-${randomBytes(8).toString('hex')}`);
  await writeFile(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    await link(draft, join(folder, String(number)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await unlink(draft);
  }
}

function removeBelow(folder: string, number: number): void {
  for (const other of numbers(folder)) {
    if (other < number) rmSync(join(folder, String(other)), { force: true });
  }
}

function hold(file: string, beatMs: number): HomeLock {
  const timer = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // Without its file the lock is lost already; there is nobody here to tell.
    }
  }, beatMs);
  timer.unref();
  return {
    release: () => {
      clearInterval(timer);
      rmSync(file, { force: true });
    },
  };
}

function inUse(home: string, holder: Holder): string {
  const where = holder.namespace === pidNamespace() ? '' : ` on ${holder.host}`;
  return `${home} is in use by process ${holder.pid}${where}. Stop it first, or set LIMPID_HOME to another folder.`;
}
