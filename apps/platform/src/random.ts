import { randomBytes } from 'node:crypto';
import type { RandomBytes } from '@limpid/wire';

const SIZE = 32;
const AHEAD = 256;

/** Random bytes are fetched for many ids at once: a call to the system for each is a good part of a prediction. */
export function createRandom(): RandomBytes {
  let pool = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === pool.length) {
      pool = randomBytes(SIZE * AHEAD);
      at = 0;
    }
    at += SIZE;
    return pool.subarray(at - SIZE, at);
  };
}
