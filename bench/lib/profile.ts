// CPU profiles of a platform under load: begun and ended from outside, and read.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const TOP = 25;
const WRITTEN_WITHIN = 30_000;
let running = false;

/** Begins a profile, or ends it: then the profile is what it returns. */
export async function toggleProfile(folder: string): Promise<Profile | undefined> {
  const file = join(folder, 'platform.cpuprofile');
  if (!running) rmSync(file, { force: true });
  running = !running;
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGUSR2');
  if (running) return undefined;
  for (const until = Date.now() + WRITTEN_WITHIN; !existsSync(file); await sleep(100)) {
    if (Date.now() > until) throw new Error(`${file} was not written`);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Profile;
}

/** The functions that the time itself was spent in, as shares of the time that was not idle. */
export function printTop(profile: Profile | undefined, name: string): void {
  if (!profile) return;
  const byId = new Map(profile.nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const self = new Map<string, number>();
  for (const [i, id] of profile.samples.entries()) {
    const key = byId.get(id) ?? '?';
    self.set(key, (self.get(key) ?? 0) + (profile.timeDeltas[i] ?? 0));
  }
  const idle = self.get('(idle)') ?? 0;
  self.delete('(idle)');
  const busy = [...self.values()].reduce((sum, us) => sum + us, 0);
  console.log(`  profile of ${name}: busy ${share(busy, busy + idle)} of the time, of that`);
  for (const [key, us] of [...self].sort(([, a], [, b]) => b - a).slice(0, TOP)) {
    console.log(`    ${share(us, busy).padStart(6)}  ${key}`);
  }
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const place = url.replace(/^.*\/(node_modules|dist)\//, '');
  const name = functionName || '(anonymous)';
  return place === '' ? name : `${name}  ${place}:${lineNumber + 1}`;
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)}%`;
}
