import { expect, test } from 'vitest';
import { createThrottle } from './throttle.ts';

test('a few wrong guesses are free, then the wait doubles, and success forgets', () => {
  const throttle = createThrottle();
  const keys = ['user:ann', 'peer:10.0.0.1'];
  for (let i = 0; i < 4; i += 1) throttle.failed(keys, 0);
  expect(throttle.waitFor(keys, 0)).toBe(0);
  throttle.failed(keys, 0);
  expect(throttle.waitFor(keys, 0)).toBe(1000);
  throttle.failed(keys, 1000);
  expect(throttle.waitFor(keys, 1000)).toBe(2000);
  expect(throttle.waitFor(['peer:10.0.0.1'], 1000)).toBe(2000);
  expect(throttle.waitFor(['user:bob'], 1000)).toBe(0);
  throttle.succeeded(keys);
  expect(throttle.waitFor(keys, 1000)).toBe(0);
});

test('the wait has a ceiling', () => {
  const throttle = createThrottle();
  for (let i = 0; i < 60; i += 1) throttle.failed(['user:ann'], 0);
  expect(throttle.waitFor(['user:ann'], 0)).toBe(15 * 60_000);
});
