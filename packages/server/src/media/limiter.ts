/** Lets at most `size` run at a time; the others wait in their order. */
export type Limiter = <R>(work: () => Promise<R>) => Promise<R>;

export function createLimiter(size: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= size) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // Who waits takes the place over, so nobody who comes now can be quicker.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
