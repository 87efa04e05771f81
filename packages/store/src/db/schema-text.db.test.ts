import { readFile } from 'node:fs/promises';
import { testDatabase } from '@limpid/testkit/database';
import pg from 'pg';
import { expect, test } from 'vitest';
import { schemaText } from './schema-text.ts';

const kept = await readFile(new URL('../../schema.sql', import.meta.url), 'utf8');

async function read(connection: pg.PoolConfig, before = ''): Promise<string> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query(before);
    return await schemaText(client);
  } finally {
    await client.end();
  }
}

test('schema.sql is what the migrations come to: npm run schema writes it', async () => {
  const { connection } = await testDatabase();
  expect(await read(connection)).toBe(kept);
});

test('nothing is missing from it: an empty database becomes the same by it', async () => {
  const { connection } = await testDatabase({ empty: true });
  expect(await read(connection, kept)).toBe(kept);
});

test.each([
  ['a column', 'alter table inputs add column extra text'],
  ['a default', "alter table apps alter column default_language set default 'de'"],
  ['a constraint', 'alter table users drop constraint users_email_key'],
  ['an index', 'drop index inputs_by_status'],
  ['what an index leaves out', 'drop index apps_public; create index apps_public on apps (key)'],
  [
    'a cascade',
    `alter table annotations drop constraint annotations_input_key_fkey,
     add constraint annotations_input_key_fkey foreign key (input_key) references inputs (key)`,
  ],
  ['a trigger', 'drop trigger embeddings_discard_vectors on embeddings'],
  [
    'a function',
    `create or replace function discard_vectors() returns trigger language plpgsql
     as $$ begin return null; end $$`,
  ],
])('another form of %s shows', async (_what, change) => {
  const { connection } = await testDatabase();
  expect(await read(connection, change)).not.toBe(kept);
});
