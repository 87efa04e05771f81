import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import pg from 'pg';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { isAfter, isSettled, lockParent, type StreamPosition, streamStart } from './order.ts';
import { transaction } from './transaction.ts';

const { db, connection } = await testDatabase();

beforeAll(async () => {
  await sql`create table events (
    key bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    name text not null)`.execute(db);
});

beforeEach(() => sql`truncate events`.execute(db));

interface Event {
  readonly key: bigint;
  readonly xid: bigint;
  readonly name: string;
}

async function read(after: StreamPosition): Promise<Event[]> {
  const { rows } = await sql<Event>`
    select key, xid, name from events where ${isSettled('xid')} and ${isAfter('xid', 'key', after)}
    order by xid, key`.execute(db);
  return rows;
}

/** Other databases of the server hold readers back too, for as long as a transaction of theirs is open. */
const names = (after: StreamPosition) =>
  expect.poll(async () => (await read(after)).map((event) => event.name), { timeout: 20_000 });

async function withClient<R>(work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('a reader misses nothing of a transaction that began early and commits late', async () => {
  await withClient(async (slow) => {
    await slow.query('begin');
    await slow.query("insert into events (name) values ('slow')");
    await sql`insert into events (name) values ('quick')`.execute(db);

    // A reader by key alone would take 'quick' now, remember its key, and never see 'slow'.
    const first = await read(streamStart);
    expect(first).toEqual([]);

    await slow.query('commit');
    await names(first.at(-1) ?? streamStart).toEqual(['slow', 'quick']);
    const second = await read(first.at(-1) ?? streamStart);
    expect(await read(second.at(-1) ?? streamStart)).toEqual([]);
  });
});

test('what a rolled back transaction held up comes through', async () => {
  await withClient(async (slow) => {
    await slow.query('begin');
    await slow.query("insert into events (name) values ('never')");
    await sql`insert into events (name) values ('kept')`.execute(db);
    expect(await read(streamStart)).toEqual([]);
    await slow.query('rollback');
    await names(streamStart).toEqual(['kept']);
  });
});

test('a transaction’s own rows keep their order across pages', async () => {
  await sql`insert into events (name) values ('a'), ('b'), ('c')`.execute(db);
  await names(streamStart).toEqual(['a', 'b', 'c']);
  const [first] = await read(streamStart);
  if (!first) throw new Error('nothing was read');
  await names(first).toEqual(['b', 'c']);
});

test('a parent lock makes numbers dense in commit order', async () => {
  await sql`create table numbered (parent bigint, number int, primary key (parent, number))`.execute(
    db,
  );
  const append = (parent: bigint) =>
    transaction(db, async (tx) => {
      await lockParent('numbers', parent).execute(tx);
      await sql`insert into numbered select ${parent}, coalesce(max(number), 0) + 1
        from numbered where parent = ${parent}`.execute(tx);
    });
  await Promise.all(Array.from({ length: 12 }, (_, index) => append(BigInt(index % 2))));
  const { rows } =
    await sql`select parent, max(number) as last, count(*) from numbered group by parent
    order by parent`.execute(db);
  expect(rows).toEqual([
    { parent: 0n, last: 6, count: 6n },
    { parent: 1n, last: 6, count: 6n },
  ]);
});
