import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import pg from 'pg';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { openDb, type Tx } from './db.ts';
import { DatabaseFailure, isStillReferenced } from './failures.ts';
import { transaction } from './transaction.ts';

const { db, connection } = await testDatabase({ patienceMs: 2_000 });

beforeAll(async () => {
  await sql`create table accounts (id text primary key, amount bigint not null)`.execute(db);
  await sql`create table cards (id text primary key, account text not null references accounts)`.execute(
    db,
  );
});

beforeEach(async () => {
  await sql`truncate accounts, cards`.execute(db);
  await sql`insert into accounts values ('a', 100), ('b', 0)`.execute(db);
});

const add = (tx: Tx, id: string, amount: bigint) =>
  sql`update accounts set amount = amount + ${amount} where id = ${id}`.execute(tx);

async function amounts(): Promise<Record<string, bigint>> {
  const { rows } = await sql<{ id: string; amount: bigint }>`select * from accounts`.execute(db);
  return Object.fromEntries(rows.map((row) => [row.id, row.amount]));
}

test('commits what was done, then runs the nudges in order', async () => {
  const heard: string[] = [];
  const result = await transaction(db, async (tx) => {
    tx.onCommit(async () => heard.push(`first sees ${(await amounts()).a}`));
    tx.onCommit(() => heard.push('second'));
    await add(tx, 'a', -1n);
    return 'done';
  });
  expect(result).toBe('done');
  expect(await amounts()).toEqual({ a: 99n, b: 0n });
  await expect.poll(() => heard).toEqual(['second', 'first sees 99']);
});

test('undoes everything when the work throws, and nudges nobody', async () => {
  const heard: string[] = [];
  const work = transaction(db, async (tx) => {
    tx.onCommit(() => heard.push('never'));
    await add(tx, 'a', -1n);
    throw new Error('changed my mind');
  });
  await expect(work).rejects.toThrow('changed my mind');
  expect(await amounts()).toEqual({ a: 100n, b: 0n });
  expect(heard).toEqual([]);
});

test('a nudge that fails does not fail what was committed', async () => {
  await transaction(db, async (tx) => {
    tx.onCommit(() => Promise.reject(new Error('nobody listens')));
    await add(tx, 'a', 1n);
  });
  expect((await amounts()).a).toBe(101n);
});

test('a swallowed error does not pass for a commit', async () => {
  const work = transaction(db, async (tx) => {
    await add(tx, 'a', 1n);
    await sql`insert into accounts values ('b', 1)`.execute(tx).catch(() => undefined);
  });
  await expect(work).rejects.toThrow('rolled back, not committed');
  expect((await amounts()).a).toBe(100n);
});

test('two that deadlock both succeed', async () => {
  let runs = 0;
  const bothHoldOne = new Barrier(2);
  const move = (from: string, to: string) =>
    transaction(db, async (tx) => {
      runs += 1;
      await add(tx, from, -10n);
      if (runs <= 2) await bothHoldOne.pass();
      await add(tx, to, 10n);
    });
  await Promise.all([move('a', 'b'), move('b', 'a')]);
  expect(runs).toBeGreaterThan(2);
  expect(await amounts()).toEqual({ a: 100n, b: 0n });
});

test('a serializable transaction sees no lost update', async () => {
  const increment = () =>
    transaction(
      db,
      async (tx) => {
        const { rows } = await sql<{ amount: bigint }>`
          select amount from accounts where id = 'a'`.execute(tx);
        const next = (rows[0]?.amount ?? 0n) + 1n;
        await sql`update accounts set amount = ${next} where id = 'a'`.execute(tx);
      },
      { isolation: 'serializable', attempts: 20 },
    );
  await Promise.all([increment(), increment(), increment(), increment()]);
  expect((await amounts()).a).toBe(104n);
});

test('work that refers to what was deleted meanwhile is done anew, and finds it gone', async () => {
  let runs = 0;
  const work = transaction(db, async (tx) => {
    runs += 1;
    const { rows } = await sql`select id from accounts where id = 'a'`.execute(tx);
    if (rows.length === 0) throw new Error('there is no account');
    await sql`delete from accounts where id = 'a'`.execute(db);
    await sql`insert into cards values ('card', 'a')`.execute(tx);
  });
  await expect(work).rejects.toThrow('there is no account');
  expect(runs).toBe(2);
});

test('a reference to nothing means that something does not exist, and work that insists on it is given up', async () => {
  const lines: string[] = [];
  const note = (_: object, text?: string) => lines.push(text ?? '');
  await using noted = openDb({
    connection,
    log: { debug() {}, info() {}, warn: note, error: note },
  });
  const missing = { code: 11101, details: expect.stringContaining('deleted meanwhile') };
  const insert = (handle: Tx | typeof db) =>
    sql`insert into cards values ('x', 'z')`.execute(handle);
  await expect(insert(noted)).rejects.toMatchObject(missing);
  await sql`insert into cards values ('card', 'a')`.execute(db);
  const moved = sql`update cards set account = 'z'`.execute(noted);
  await expect(moved).rejects.toMatchObject(missing);
  expect(lines).toEqual([]);
  let runs = 0;
  const insisting = transaction(noted, async (tx) => {
    runs += 1;
    await insert(tx);
  });
  await expect(insisting).rejects.toMatchObject(missing);
  expect(runs).toBe(5);
  expect(lines).toEqual(['a transaction was given up']);
});

test('what others refer to is not deleted, and that is not tried again', async () => {
  await sql`insert into cards values ('card', 'a')`.execute(db);
  let runs = 0;
  const work = transaction(db, async (tx) => {
    runs += 1;
    await sql`delete from accounts where id = 'a'`.execute(tx);
  });
  await expect(work).rejects.toSatisfy(isStillReferenced);
  expect(runs).toBe(1);
});

test('runs the work again when the server ended the connection before the commit', async () => {
  let runs = 0;
  await transaction(db, async (tx) => {
    runs += 1;
    await add(tx, 'a', 1n);
    if (runs === 1) {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    }
    await add(tx, 'b', 1n);
  });
  expect(runs).toBe(2);
  expect(await amounts()).toEqual({ a: 101n, b: 1n });
});

test('a connection that breaks while idle is replaced without anybody noticing', async () => {
  await Promise.all([1, 2, 3].map(() => sql`select 1`.execute(db)));
  const admin = new pg.Client(connection);
  await admin.connect();
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await admin.end();
  await Promise.all([1, 2, 3].map(() => transaction(db, (tx) => add(tx, 'a', 1n))));
  expect((await amounts()).a).toBe(103n);
});

test('a query that only reads is asked again when the server ends it half-way, one that writes is not', async () => {
  const endSleepers = async () => {
    const ended = async () => {
      const { rows } = await sql<{ n: number }>`
        select count(pg_terminate_backend(pid))::integer as n from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'`.execute(db);
      return rows[0]?.n;
    };
    await expect.poll(ended).toBe(1);
  };
  const reading = sql<{ amount: bigint }>`
    select amount, pg_sleep(case when id = 'a' then 0.5 else 0 end) from accounts order by id`.execute(
    db,
  );
  await endSleepers();
  expect((await reading).rows.map(({ amount }) => amount)).toEqual([100n, 0n]);
  const writing = sql`
    update accounts set amount = amount + 1 where pg_sleep(0.5) is not null and id = 'a'`.execute(
    db,
  );
  const refused = expect(writing).rejects.toMatchObject({ kind: 'lost' });
  await endSleepers();
  await refused;
  expect((await amounts()).a).toBe(100n);
});

test('a server that stays away is answered for with a "later" status', async () => {
  await using lonely = openDb({
    connection: { ...connection, host: '/tmp/no-such-folder' },
    patienceMs: 100,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const query = sql`select 1`.execute(lonely);
  await expect(query).rejects.toMatchObject({ code: 40015, kind: 'lost' });
  await expect(query).rejects.toBeInstanceOf(DatabaseFailure);
});

test('texts that the database can not hold are the caller’s mistake', async () => {
  const insert = sql`insert into accounts values (${'nul \0 inside'}, 1)`.execute(db);
  await expect(insert).rejects.toMatchObject({ code: 11102 });
});

test('64-bit numbers come back whole', async () => {
  const { rows } =
    await sql`select 9007199254740993::bigint as big, array[1,null,2]::bigint[] as list,
    '2020-02-30'::text as text, '2020-02-29'::date as day`.execute(db);
  expect(rows[0]).toEqual({
    big: 9007199254740993n,
    list: [1n, null, 2n],
    text: '2020-02-30',
    day: '2020-02-29',
  });
});

class Barrier {
  #missing: number;
  #open: (() => void) | undefined;
  readonly #opened: Promise<void>;

  constructor(count: number) {
    this.#missing = count;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  pass(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) this.#open?.();
    return this.#opened;
  }
}
