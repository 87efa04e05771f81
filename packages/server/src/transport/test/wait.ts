import { setTimeout as sleep } from 'node:timers/promises';

/** Until something is so; the test's own time limit ends it otherwise. */
export async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await sleep(5);
}

/** A promise to be settled from outside. */
export function gate<T = void>(): {
  readonly promise: Promise<T>;
  readonly open: (value: T) => void;
} {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
