import { readFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const LOCK_FILE = 'owner.json';
const held = new Set<string>();

/**
 * Keeps a second process, or a second index in this one, off a folder. A lock left by a process that has ended is
 * taken over; the start time tells that process from a new one with its number.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE);
  if (held.has(path)) throw new Error(`The vector index in ${folder} is open in this process.`);
  held.add(path);
  try {
    await claim(path, folder);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return async () => {
    await rm(path, { force: true });
    held.delete(path);
  };
}

async function claim(path: string, folder: string): Promise<void> {
  const owner = await readFile(path, 'utf8').catch(() => undefined);
  if (owner !== undefined) {
    if (isRunning(owner)) throw new Error(`Another process uses the vector index in ${folder}.`);
    await rm(path, { force: true });
  }
  const file = await open(path, 'wx').catch((cause: unknown) => {
    throw new Error(`Another process has just taken the vector index in ${folder}.`, { cause });
  });
  await file.writeFile(JSON.stringify({ pid: process.pid, started: startTime(process.pid) }));
  await file.close();
}

function isRunning(owner: string): boolean {
  const { pid, started } = parseOwner(owner);
  if (pid === undefined || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return started === startTime(pid);
}

function parseOwner(text: string): { pid?: number; started?: string } {
  try {
    return JSON.parse(text) as { pid?: number; started?: string };
  } catch {
    return {};
  }
}

/** In clock ticks since boot, where the system tells; the empty string elsewhere. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
