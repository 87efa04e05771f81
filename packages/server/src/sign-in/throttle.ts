// Guessing gets slow: after a few failures for one name or from one address, each further try must wait twice as long.

interface Failures {
  count: number;
  until: number;
}

export interface Throttle {
  /** Milliseconds to wait before `keys` may try again; 0 when they may now. */
  waitFor(keys: readonly string[], now: number): number;
  failed(keys: readonly string[], now: number): void;
  succeeded(keys: readonly string[]): void;
}

const FREE_TRIES = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15 * 60_000;
const MAX_REMEMBERED = 50_000;

export function createThrottle(): Throttle {
  const failures = new Map<string, Failures>();
  return {
    waitFor: (keys, now) =>
      Math.max(0, ...keys.map((key) => (failures.get(key)?.until ?? 0) - now)),
    failed: (keys, now) => {
      for (const key of keys) {
        const count = (failures.get(key)?.count ?? 0) + 1;
        const doubled = FIRST_WAIT_MS * 2 ** Math.min(count - FREE_TRIES, 20);
        const wait = count < FREE_TRIES ? 0 : Math.min(doubled, LONGEST_WAIT_MS);
        failures.delete(key);
        failures.set(key, { count, until: now + wait });
      }
      forgetOldest(failures);
    },
    succeeded: (keys) => {
      for (const key of keys) failures.delete(key);
    },
  };
}

/** Map order is age here, since a failure moves its key to the end. */
function forgetOldest(failures: Map<string, Failures>): void {
  for (const key of failures.keys()) {
    if (failures.size <= MAX_REMEMBERED) return;
    failures.delete(key);
  }
}
