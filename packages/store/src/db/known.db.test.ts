import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openDb } from './db.ts';
import { knownNow } from './known.ts';
import { transaction } from './transaction.ts';
import { insertUser } from './users.ts';

const { db, connection } = await testDatabase();
const key = await addUser('ann');
const silent = { warn: () => undefined, error: () => undefined };

async function addUser(id: string): Promise<bigint> {
  const user = await insertUser(db, { id, email: null, passwordHash: null });
  return user?.key ?? 0n;
}

function counter() {
  let loads = 0;
  return {
    load: async () => ++loads,
    get loads() {
      return loads;
    },
  };
}

const touch = sql`update users set modified_at = now() where key = ${key}`;

test('what was found stays until a commit changes such a row', async () => {
  const count = counter();
  for (let i = 0; i < 3; i += 1) await (await knownNow(db)).get('a', count.load);
  expect(count.loads).toBe(1);
  await touch.execute(db);
  expect(await (await knownNow(db)).get('a', count.load)).toBe(2);
});

test('a change counts from its commit on, whoever makes it', async () => {
  await using other = openDb({ connection, log: silent as never });
  const count = counter();
  const before = await knownNow(db);
  await transaction(other, async (tx) => {
    await touch.execute(tx);
    expect(await knownNow(db)).toBe(before);
    // Found meanwhile: this is what the commit must make forgotten.
    await (await knownNow(db)).get('b', count.load);
  });
  expect(await (await knownNow(db)).get('b', count.load)).toBe(2);
});

test('a change that is rolled back changes nothing', async () => {
  const before = await knownNow(db);
  const gone = transaction(db, async (tx) => {
    await touch.execute(tx);
    throw new Error('no');
  });
  await expect(gone).rejects.toThrow('no');
  expect(await knownNow(db)).toBe(before);
});

test('transactions that change other rows do not wait for each other', async () => {
  const bob = await addUser('bob');
  await transaction(db, async (tx) => {
    await touch.execute(tx);
    await sql`update users set modified_at = now() where key = ${bob}`.execute(db);
  });
});

test('callers at the same time share reads, and each gets one that began after it asked', async () => {
  const first = knownNow(db);
  const second = knownNow(db);
  expect(knownNow(db)).toBe(second);
  expect(second).not.toBe(first);
  await Promise.all([first, second]);
});

test('what is absent or fails is looked for again', async () => {
  const known = await knownNow(db);
  let asked = 0;
  const absent = async () => {
    asked += 1;
    return undefined;
  };
  const broken = () => Promise.reject(new Error('later'));
  expect(await known.get('c', absent)).toBeUndefined();
  await expect(known.get('c', broken)).rejects.toThrow('later');
  expect(await known.get('c', absent)).toBeUndefined();
  expect(asked).toBe(2);
});

test('many are kept one by one, and only what is missing is loaded', async () => {
  const loaded: string[][] = [];
  const load = async (ids: string[]) => {
    loaded.push(ids);
    return new Map(ids.filter((id) => id !== 'absent').map((id) => [id, id.toUpperCase()]));
  };
  const known = await knownNow(db);
  const first = new Map([
    ['a', 'A'],
    ['b', 'B'],
  ]);
  expect(await known.getMany('letters', ['a', 'absent', 'b'], load)).toEqual(first);
  expect(await known.getMany('letters', ['b', 'c', 'absent'], load)).toEqual(
    new Map([
      ['b', 'B'],
      ['c', 'C'],
    ]),
  );
  expect(await known.getMany('others', ['a'], load)).toEqual(new Map([['a', 'A']]));
  expect(loaded).toEqual([['a', 'absent', 'b'], ['c', 'absent'], ['a']]);
  await touch.execute(db);
  await (await knownNow(db)).getMany('letters', ['a'], load);
  expect(loaded).toHaveLength(4);
});

test.each([
  'users',
  'credentials',
  'apps',
  'models',
  'model_aliases',
  'model_versions',
  'runners',
  'concepts',
  'concept_languages',
  'concept_relations',
  'workflows',
  'workflow_versions',
  'workflow_nodes',
])('changes of %s are seen', async (table) => {
  const { rows } = await sql<{ events: string; deferred: boolean }>`
    select string_agg(distinct event_manipulation, ' ' order by event_manipulation) as events, bool_and(tgdeferrable and tginitdeferred) as deferred
    from information_schema.triggers t join pg_trigger g on g.tgname = t.trigger_name
    where event_object_table = ${table} and trigger_name like '%_epoch'`.execute(db);
  expect(rows).toEqual([{ events: 'DELETE INSERT UPDATE', deferred: true }]);
});
