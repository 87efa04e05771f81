import { testDatabase } from '@limpid/testkit/database';
import pg from 'pg';
import { expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { openDb } from './db.ts';
import { noteUsage, type Usage, usageWritten } from './usage.ts';
import { insertUser } from './users.ts';

const { db, connection } = await testDatabase();
const ann = await insertUser(db, { id: 'ann', email: null, passwordHash: null });
const userKey = ann?.key ?? 0n;

function used(requestId: string, over: Partial<Usage> = {}): Usage {
  const base = { requestId, userKey, appKey: null, modelVersion: null } as const;
  return { ...base, operation: 'predict', quantity: 2, ...over };
}

async function rowsOf(prefix: string) {
  return await db
    .selectFrom('usage_records')
    .select(['request_id', 'ordinal', 'quantity'])
    .where('request_id', 'like', `${prefix}%`)
    .orderBy('request_id')
    .orderBy('ordinal')
    .execute();
}

test('many at once are all written, each once', async () => {
  const ids = Array.from({ length: 2500 }, (_, index) => `many-${String(index).padStart(4, '0')}`);
  for (const id of [...ids, ...ids]) noteUsage(db, used(id));
  await usageWritten(db);
  noteUsage(db, used('many-0000', { ordinal: 1, quantity: 5 }));
  noteUsage(db, used('many-none', { quantity: 0 }));
  await usageWritten(db);
  const rows = await rowsOf('many-');
  expect(rows).toHaveLength(2501);
  expect(rows.slice(0, 3).map(({ quantity }) => quantity)).toEqual([2n, 5n, 2n]);
});

test('one that cannot be written takes no others with it, and is told', async () => {
  const told: object[] = [];
  await using own = openDb({ connection, log: { ...silentLog, error: (f) => told.push(f) } });
  for (const id of ['mixed-1', 'mixed-2', 'mixed-3', 'mixed-4']) {
    noteUsage(own, used(id, id === 'mixed-3' ? { userKey: 999n } : {}));
  }
  await usageWritten(own);
  const ids = (await rowsOf('mixed-')).map(({ request_id: id }) => id);
  expect(ids).toEqual(['mixed-1', 'mixed-2', 'mixed-4']);
  expect(told).toMatchObject([{ rows: 1 }]);
});

test('what could not be written at once is tried again', async () => {
  const { query } = pg.Client.prototype;
  let refused = 0;
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [{ text }] = given as [{ text?: string }];
    if (!text?.includes('usage_records') || refused === 2) return query.apply(this, given as never);
    refused += 1;
    throw Object.assign(new Error('full'), { code: '53100' });
  } as typeof query;
  try {
    noteUsage(db, used('later'));
    await usageWritten(db);
  } finally {
    pg.Client.prototype.query = query;
  }
  expect(refused).toBe(2);
  expect(await rowsOf('later')).toHaveLength(1);
});

test('a database that is closed takes what was noted before', async () => {
  const own = openDb({ connection, log: silentLog });
  noteUsage(own, used('last'));
  await own.close();
  expect(await rowsOf('last')).toHaveLength(1);
});
