import { expect, test } from 'vitest';
import { Batcher } from './batcher.ts';
import { suppress } from './suppress.ts';

test('joins what waits, one batch at a time, in order', async () => {
  const sizes: number[] = [];
  let running = 0;
  const batcher = new Batcher<number, number>(4, async (items) => {
    expect(++running).toBe(1);
    sizes.push(items.length);
    await new Promise((done) => setImmediate(done));
    running--;
    return items.map((item) => item * 2);
  });
  const results = await Promise.all(Array.from({ length: 10 }, (_, i) => batcher.submit(i)));
  expect(results).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  expect(sizes).toEqual([4, 4, 2]);
  expect(await batcher.submit(50)).toBe(100);
});

test('a failing batch rejects its own items only', async () => {
  const batcher = new Batcher<number, number>(1, async ([item = 0]) => {
    if (item < 0) throw new Error('negative');
    return [item];
  });
  const results = await Promise.allSettled([1, -1, 2].map((item) => batcher.submit(item)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('suppresses boxes that cover a surer one', () => {
  const box = (left: number, right: number) => ({ box: { top: 0, bottom: 1, left, right } });
  const boxes = [box(0, 0.5), box(0.05, 0.55), box(0.5, 1), box(0, 0.1)];
  expect(suppress(boxes, 0.5, 10)).toEqual([boxes[0], boxes[2], boxes[3]]);
  expect(suppress(boxes, 0.5, 1)).toEqual([boxes[0]]);
});
