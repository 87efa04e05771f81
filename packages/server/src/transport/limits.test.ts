import { StatusCode, StatusError } from '@limpid/wire';
import { expect, test } from 'vitest';
import { createByteBudget, type Lease } from './limits.ts';

const MB = 1024 * 1024;
const idle = new AbortController().signal;
const budgetOf = (over: Partial<Parameters<typeof createByteBudget>[0]> = {}) =>
  createByteBudget({
    processBytes: 10 * MB,
    keyBytes: 6 * MB,
    waitMs: 5_000,
    maxWaiting: 10,
    ...over,
  });

test('what fits is granted in the same tick and comes back on release, once', () => {
  const budget = budgetOf();
  const lease = budget.reserve('a', 4 * MB, idle) as Lease;
  expect(budget.held).toBe(4 * MB);
  lease.release();
  lease.release();
  expect(budget.held).toBe(0);
});

test('a lease grows only while there is room, and gives everything back', () => {
  const budget = budgetOf();
  const lease = budget.reserve('a', 4 * MB, idle) as Lease;
  expect(lease.grow(2 * MB)).toBe(true);
  expect(lease.grow(1)).toBe(false);
  lease.release();
  expect(budget.held).toBe(0);
});

test('a request that can never fit is refused as too large', () => {
  expect(() => budgetOf().reserve('a', 7 * MB, idle)).toThrowError(
    expect.objectContaining({ code: StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED }),
  );
});

test('one caller at its limit does not keep another out', async () => {
  const budget = budgetOf();
  const a = budget.reserve('a', 6 * MB, idle) as Lease;
  const again = budget.reserve('a', 3 * MB, idle);
  expect(again).toBeInstanceOf(Promise);
  const b = await budget.reserve('b', 4 * MB, idle);
  expect(budget.held).toBe(10 * MB);
  a.release();
  (await again).release();
  b.release();
  expect(budget.held).toBe(0);
});

test('callers take turns, however many requests one of them has queued', async () => {
  const budget = budgetOf({ processBytes: 6 * MB });
  const first = budget.reserve('greedy', 6 * MB, idle) as Lease;
  const order: string[] = [];
  const queue = async (key: string): Promise<void> => {
    const lease = await budget.reserve(key, 6 * MB, idle);
    order.push(key);
    lease.release();
  };
  const all = ['greedy', 'greedy', 'greedy', 'modest', 'greedy'].map(queue);
  first.release();
  await Promise.all(all);
  expect(order).toEqual(['greedy', 'modest', 'greedy', 'greedy', 'greedy']);
  expect(budget.held).toBe(0);
});

test('a large request that waits is not overtaken for ever, a small one passes it', async () => {
  const budget = budgetOf();
  const a = budget.reserve('a', 5 * MB, idle) as Lease;
  const large = budget.reserve('b', 6 * MB, idle);
  const later = budget.reserve('c', 2 * MB, idle);
  expect(large).toBeInstanceOf(Promise);
  expect(later).toBeInstanceOf(Promise);
  expect(budget.reserve('d', 1024, idle)).not.toBeInstanceOf(Promise);
  a.release();
  await large;
  await later;
  expect(budget.waiting).toBe(0);
});

test('waiting ends with the documented answer, and leaves nothing behind', async () => {
  const budget = budgetOf({ waitMs: 10 });
  const a = budget.reserve('a', 6 * MB, idle) as Lease;
  const error = await Promise.resolve(budget.reserve('a', MB, idle)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(StatusError);
  expect(error).toMatchObject({ code: StatusCode.CONN_THROTTLED });
  expect(budget.waiting).toBe(0);
  a.release();
  expect(budget.held).toBe(0);
});

test('a caller that goes away leaves the queue, and those behind it move up', async () => {
  const budget = budgetOf();
  const a = budget.reserve('a', 3 * MB, idle) as Lease;
  const b = budget.reserve('b', 3 * MB, idle) as Lease;
  const gone = new AbortController();
  const large = Promise.resolve(budget.reserve('c', 6 * MB, gone.signal)).catch((e: unknown) => e);
  const behind = budget.reserve('d', 2 * MB, idle);
  gone.abort(new Error('gone'));
  expect(await large).toMatchObject({ message: 'gone' });
  (await behind).release();
  a.release();
  b.release();
  expect(budget.held).toBe(0);
});

test('more than the queue holds is refused at once', () => {
  const budget = budgetOf({ maxWaiting: 1 });
  budget.reserve('a', 6 * MB, idle);
  void budget.reserve('a', 6 * MB, idle);
  expect(() => budget.reserve('a', 6 * MB, idle)).toThrowError(
    expect.objectContaining({ code: StatusCode.CONN_THROTTLED }),
  );
});
