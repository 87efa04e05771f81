import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import { expect, test } from 'vitest';

const { db } = await testDatabase({ maxConnections: 1 });

const prepared = async () => {
  const { rows } = await sql<{ statement: string }>`
    select statement from pg_prepared_statements`.execute(db);
  return rows.map(({ statement }) => statement);
};

test('a statement that is sent often is kept by its connection, and answers by its values', async () => {
  const text = 'select $1::integer as n';
  for (let n = 0; n < 10; n++) {
    const { rows } = await sql<{ n: number }>`select ${n}::integer as n`.execute(db);
    expect(rows).toEqual([{ n }]);
    expect(await prepared()).toEqual(n < 4 ? [] : [text]);
  }
});

test('a table that changes under a kept statement is answered from as it is now', async () => {
  await sql`create table changing (id integer)`.execute(db);
  await sql`insert into changing values (1)`.execute(db);
  const read = async () => (await sql`select * from changing where id = ${1}`.execute(db)).rows;
  for (let n = 0; n < 6; n++) expect(await read()).toEqual([{ id: 1 }]);
  await sql`alter table changing add column name text`.execute(db);
  for (let n = 0; n < 6; n++) expect(await read()).toEqual([{ id: 1, name: null }]);
});
