import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type Field, readBinary } from './read-binary.ts';

const { db } = await testDatabase({ maxConnections: 1 });

async function read(query: Parameters<typeof readBinary>[1]): Promise<Field[][]> {
  const rows: Field[][] = [];
  await readBinary(db, query, (fields) => {
    rows.push(fields.map((field) => field && Buffer.from(field)));
  });
  return rows;
}

/** The pool has one connection: it is free, and in order. */
async function isFree(): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`select ${1}::integer as one`.execute(db);
  return rows[0]?.one === 1;
}

test('values come as the server holds them', async () => {
  const rows = await read(sql`
    select n::bigint, case when n = 2 then null else decode(repeat('00ff80', n * 40000), 'hex') end, 'ü'::text
    from generate_series(1, 3) n order by n`);
  expect(rows.map(([n]) => n?.readBigInt64BE())).toEqual([1n, 2n, 3n]);
  expect(rows.map(([, bytes]) => bytes?.length)).toEqual([120_000, undefined, 360_000]);
  expect(rows[2]?.[1]?.subarray(-3)).toEqual(Buffer.from([0x00, 0xff, 0x80]));
  expect(rows[0]?.[2]?.toString()).toBe('ü');
});

test('no rows are none', async () => {
  expect(await read(sql`select 1 where false`)).toEqual([]);
});

test('a query that fails says so, also amid its rows, and leaves the connection free', async () => {
  await expect(read(sql`select nothing`)).rejects.toThrow(/column "nothing" does not exist/);
  await expect(read(sql`select 1 / (3 - n) from generate_series(1, 5) n`)).rejects.toThrow(/zero/);
  expect(await isFree()).toBe(true);
});

test('whoever refuses a row hears of it when all have come', async () => {
  const refused = readBinary(db, sql`select generate_series(1, 100)`, () => {
    throw new Error('not this one');
  });
  await expect(refused).rejects.toThrow('not this one');
  expect(await isFree()).toBe(true);
});

test('a connection that the server ends is replaced', async () => {
  await expect(read(sql`select pg_terminate_backend(pg_backend_pid())`)).rejects.toMatchObject({
    kind: 'lost',
  });
  expect(await isFree()).toBe(true);
});

test('values from outside have no way in', async () => {
  await expect(read(sql`select ${'a value'}`)).rejects.toThrow('COPY takes no parameters');
});
