import { expect, test } from 'vitest';
import { createRandom } from './random.ts';

test('32 bytes each time, never the same', () => {
  const random = createRandom();
  const seen = Array.from({ length: 1000 }, () => Buffer.from(random()));
  expect(new Set(seen.map((bytes) => bytes.length))).toEqual(new Set([32]));
  expect(new Set(seen.map((bytes) => bytes.toString('hex'))).size).toBe(1000);
});
