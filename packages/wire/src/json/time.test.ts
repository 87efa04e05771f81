import { expect, test } from 'vitest';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts';

test.each([
  [1457543499n, 608845000, '2016-03-09T17:11:39.608845Z'],
  [1739900944n, 809517000, '2025-02-18T17:49:04.809517Z'],
  [0n, 0, '1970-01-01T00:00:00Z'],
  [0n, 500_000_000, '1970-01-01T00:00:00.500Z'],
  [0n, 1, '1970-01-01T00:00:00.000000001Z'],
  [-1n, 999_000_000, '1969-12-31T23:59:59.999Z'],
  [-62135596800n, 0, '0001-01-01T00:00:00Z'],
  [253402300799n, 999_999_999, '9999-12-31T23:59:59.999999999Z'],
])('timestamp %s s %s ns is %s', (seconds, nanos, text) => {
  expect(formatTimestamp({ seconds, nanos })).toBe(text);
  expect(parseTimestamp(text)).toEqual({ seconds, nanos });
});

test('offsets and short fractions are read', () => {
  expect(parseTimestamp('2024-05-01T12:00:00.5+02:30')).toEqual({
    seconds: BigInt(Date.UTC(2024, 4, 1, 9, 30) / 1000),
    nanos: 500_000_000,
  });
  expect(parseTimestamp('2024-05-01t12:00:00z')?.seconds).toBe(1714564800n);
});

test.each([
  '',
  '2024-05-01',
  '2024-05-01T12:00:00',
  '2024-02-30T00:00:00Z',
  '2024-05-01T24:00:00Z',
  '2024-05-01T12:00:00.1234567890Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+01:00',
  '1714564800',
])('%j is no time', (text) => {
  expect(parseTimestamp(text)).toBeUndefined();
});

test('numbers that no text can say have none', () => {
  expect(formatTimestamp({ seconds: 253402300800n, nanos: 0 })).toBeUndefined();
  expect(formatTimestamp({ seconds: 0n, nanos: -1 })).toBeUndefined();
  expect(formatDuration({ seconds: 1n, nanos: -1 })).toBeUndefined();
  expect(formatDuration({ seconds: 315576000001n, nanos: 0 })).toBeUndefined();
});

test.each([
  [0n, 0, '0s'],
  [1n, 500_000_000, '1.500s'],
  [-1n, -1, '-1.000000001s'],
  [0n, -250_000, '-0.000250s'],
  [315576000000n, 0, '315576000000s'],
])('duration %s s %s ns is %s', (seconds, nanos, text) => {
  expect(formatDuration({ seconds, nanos })).toBe(text);
  expect(parseDuration(text)).toEqual({ seconds, nanos });
});

test.each(['', '1', 's', '.5s', '1.s', '1.0000000001s', '315576000001s', '1e3s'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
