import { StatusError } from '@limpid/wire/status';
import { expect, test } from 'vitest';
import { keysetOf, listPages, nextKeyset, pageOf, searchPages, streamPages } from './page.ts';

function failure(run: () => unknown): StatusError {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test.each([
  [undefined, { page: 1, limit: 128, offset: 0 }],
  [{}, { page: 1, limit: 128, offset: 0 }],
  [
    { page: 0, perPage: 0 },
    { page: 1, limit: 128, offset: 0 },
  ],
  [
    { page: 2, perPage: 0 },
    { page: 2, limit: 128, offset: 128 },
  ],
  [
    { page: 3, perPage: 16 },
    { page: 3, limit: 16, offset: 32 },
  ],
  [
    { page: 1, perPage: 1000 },
    { page: 1, limit: 1000, offset: 0 },
  ],
  [
    { page: 1000, perPage: 0 },
    { page: 1000, limit: 128, offset: 127_872 },
  ],
  [
    { page: 1000, perPage: 1000 },
    { page: 1000, limit: 1000, offset: 999_000 },
  ],
])('%j reads the rows %j', (request, page) => {
  expect(pageOf(request)).toEqual(page);
});

test('a list may have its own default size', () => {
  expect(pageOf({ page: 2, perPage: 0 }, { ...listPages, perPage: 20 })).toEqual({
    page: 2,
    limit: 20,
    offset: 20,
  });
});

test.each([
  [{ perPage: 1001 }, 'per_page cannot exceed 1000'],
  [{ perPage: -1 }, 'per_page must be a whole number that is not negative'],
  [{ page: -1 }, 'page must be a whole number that is not negative'],
  [{ page: 1.5 }, 'page must be a whole number that is not negative'],
  [{ page: Number.NaN }, 'page must be a whole number that is not negative'],
  [{ page: 1001, perPage: 1000 }, 'page * perPage cannot exceed 1000000'],
  [{ page: 4_294_967_295, perPage: 1000 }, 'page * perPage cannot exceed 1000000'],
])('%j is refused, not clamped', (request, details) => {
  expect(failure(() => pageOf(request))).toMatchObject({
    code: 11102,
    description: 'Invalid request',
    details,
  });
});

test('searches end earlier, in words the clients look for', () => {
  expect(pageOf({ page: 10, perPage: 1000 }, searchPages).offset).toBe(9000);
  expect(failure(() => pageOf({ page: 11, perPage: 1000 }, searchPages))).toMatchObject({
    code: 40002,
    details: 'page * perPage cannot exceed 10000',
  });
});

test('keysets start, turn round and have their own default size', () => {
  expect(keysetOf({ lastId: '', perPage: 0, descending: false })).toEqual({
    after: undefined,
    direction: 'asc',
    operator: '>',
    limit: 20,
  });
  expect(keysetOf({ lastId: 'i5', perPage: 5, descending: true })).toEqual({
    after: 'i5',
    direction: 'desc',
    operator: '<',
    limit: 5,
  });
  expect(failure(() => keysetOf({ perPage: 1001 }, streamPages)).code).toBe(11102);
});

test('walking by keyset sees every row once', () => {
  const ids = Array.from({ length: 12 }, (_, i) => `i${i + 1}`);
  const read = (after: string | undefined, limit: number) => {
    const from = after === undefined ? 0 : ids.indexOf(after) + 1;
    return ids.slice(from, from + limit);
  };
  const seen: string[][] = [];
  for (
    let keyset: ReturnType<typeof nextKeyset> = keysetOf({ perPage: 5 });
    keyset !== undefined;
  ) {
    const rows = read(keyset.after, keyset.limit);
    seen.push(rows);
    keyset = nextKeyset(keyset, rows, (id) => id);
  }
  expect(seen.map((rows) => rows.length)).toEqual([5, 5, 2]);
  expect(seen.flat()).toEqual(ids);
  const full = keysetOf({ perPage: 5 });
  expect(nextKeyset(full, [], (id: string) => id)).toBeUndefined();
});
