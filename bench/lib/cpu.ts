// Processor time of a process and all below it: what neighbours on a shared machine do not add to.
import { readdirSync, readFileSync } from 'node:fs';

/** The usual length of the kernel's tick; what /proc counts in. */
const TICK_MS = 10;

/** Milliseconds by name of program, of what runs now and what has ended. */
export function cpuOf(top: number): ReadonlyMap<string, number> {
  const all = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => statOf(pid) ?? [])
      .map((stat) => [stat.pid, stat]),
  );
  const sums = new Map<string, number>();
  for (const { pid, name, ms } of all.values()) {
    if (isBelow(pid, top, all)) sums.set(name, (sums.get(name) ?? 0) + ms);
  }
  return sums;
}

interface Stat {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  readonly ms: number;
}

function isBelow(pid: number, top: number, all: ReadonlyMap<number, Stat>): boolean {
  for (let at: number | undefined = pid; at !== undefined; at = all.get(at)?.parent)
    if (at === top) return true;
  return false;
}

function statOf(pid: string): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold blanks and brackets: what follows the last bracket is regular.
    const end = stat.lastIndexOf(')');
    const rest = stat
      .slice(end + 2)
      .split(' ')
      .map(Number);
    const ticks = rest.slice(11, 15).reduce((sum, each) => sum + each, 0);
    const name = stat.slice(stat.indexOf('(') + 1, end);
    return { pid: Number(pid), name, parent: rest[1] ?? 0, ms: ticks * TICK_MS };
  } catch {
    // Ended meanwhile.
    return undefined;
  }
}
