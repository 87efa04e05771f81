// A setup file of every test file: what a file's tests open, they close. Looks at what would keep a process alive.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';

// Timers and the runner's own pipes come and go; these are opened by nobody but the tests.
const watched = new Set([
  'TCPServerWrap',
  'TCPSocketWrap',
  'PipeServerWrap',
  'ProcessWrap',
  'UDPWrap',
  'FSEventWrap',
]);

function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (watched.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

const cleanups = new Set<() => Promise<void>>();

/** Runs after the last test of the file that is running now. */
export function atEndOfFile(cleanup: () => Promise<void>): void {
  cleanups.add(cleanup);
}

let before = new Map<string, number>();

beforeAll(() => {
  before = openResources();
});

afterAll(async () => {
  const pending = [...cleanups];
  cleanups.clear();
  const ends = await Promise.allSettled([...pending.map((cleanup) => cleanup()), refuseLeaks()]);
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  if (reasons.length > 0) throw new AggregateError(reasons, reasons.map(String).join('\n'));
});

async function refuseLeaks(): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const left = [...openResources()].filter(([name, count]) => count > (before.get(name) ?? 0));
    if (left.length === 0) return;
    if (attempt === 40) {
      const names = left.map(([name, count]) => `${count - (before.get(name) ?? 0)} × ${name}`);
      throw new Error(`Left open by the tests of this file: ${names.join(', ')}`);
    }
    await sleep(50);
  }
}
