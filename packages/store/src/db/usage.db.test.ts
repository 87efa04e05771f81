import { testDatabase } from '@limpid/testkit/database';
import { expect, test } from 'vitest';
import { insertUsage, type Usage } from './usage.ts';
import { insertUser } from './users.ts';

const { db } = await testDatabase();
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
  await Promise.all([...ids, ...ids].map((id) => insertUsage(db, used(id))));
  await insertUsage(db, used('many-0000', { ordinal: 1, quantity: 5 }));
  await insertUsage(db, used('many-none', { quantity: 0 }));
  const rows = await rowsOf('many-');
  expect(rows).toHaveLength(2501);
  expect(rows.slice(0, 3).map(({ quantity }) => quantity)).toEqual([2n, 5n, 2n]);
});

test('one that cannot be written takes no others with it', async () => {
  const ids = ['mixed-1', 'mixed-2', 'mixed-3', 'mixed-4'];
  const outcomes = await Promise.allSettled(
    ids.map((id) => insertUsage(db, used(id, id === 'mixed-3' ? { userKey: 999n } : {}))),
  );
  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect((await rowsOf('mixed-')).map(({ request_id: id }) => id)).toEqual([
    'mixed-1',
    'mixed-2',
    'mixed-4',
  ]);
});
