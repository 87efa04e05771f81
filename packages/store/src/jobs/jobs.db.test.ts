import { testDatabase } from '@limpid/testkit/database';
import { StatusError } from '@limpid/wire/status';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { transaction } from '../db/transaction.ts';
import { silentLog } from '../log.ts';
import {
  defineJob,
  enqueue,
  handleJob,
  type JobCall,
  type JobType,
  startWorker,
  type Worker,
} from './index.ts';
import { jobsPool } from './install.ts';
import { Liveness } from './liveness.ts';

interface Greeting {
  readonly to: string;
  readonly key?: bigint;
}

const greet = defineJob<Greeting>('greet');
const heavy = defineJob<{ n: number }>('heavy', { lane: 'heavy' });

// The driver says each of its warnings once a process.
const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));

const { db, connection } = await testDatabase();
let workers: Worker[] = [];

beforeEach(() => sql`delete from graphile_worker._private_jobs`.execute(db));

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});

type Run<P extends object> = Parameters<typeof handleJob<P>>[1];

async function work<P extends object>(type: JobType<P>, run: Run<P>): Promise<Worker> {
  const worker = await startWorker({
    connection,
    log: silentLog,
    declared: [type],
    handlers: [handleJob(type, run)],
    concurrency: 2,
  });
  workers.push(worker);
  return worker;
}

const add = (...calls: JobCall[]) => transaction(db, (tx) => enqueue(tx, calls));

interface JobRow {
  readonly attempts: number;
  readonly max_attempts: number;
  readonly locked_by: string | null;
  readonly last_error: string | null;
}

async function rows(): Promise<JobRow[]> {
  const found = await sql<JobRow>`
    select attempts, max_attempts, locked_by, last_error from graphile_worker._private_jobs order by id`.execute(
    db,
  );
  return found.rows;
}

/** Makes waiting jobs due, so that no test waits for a pause. */
const makeDue = () => sql`update graphile_worker._private_jobs set run_at = now()`.execute(db);

test('a job runs with its payload, keys included, and is gone', async () => {
  const seen: Greeting[] = [];
  await work(greet, async (payload) => {
    seen.push(payload);
  });
  await add(greet.with({ to: 'you', key: 2n ** 60n }), greet.with({ to: 'me' }));
  await expect.poll(() => seen.length).toBe(2);
  expect(seen).toEqual([{ to: 'you', key: 2n ** 60n }, { to: 'me' }]);
  await expect.poll(rows).toEqual([]);
});

test('a job exists only once its transaction has committed', async () => {
  const seen: Greeting[] = [];
  await work(greet, async (payload) => {
    seen.push(payload);
  });
  await transaction(db, async (tx) => {
    await enqueue(tx, [greet.with({ to: 'nobody' })]);
    throw new Error('changed my mind');
  }).catch(() => undefined);
  await add(greet.with({ to: 'you' }));
  await expect.poll(() => seen).toEqual([{ to: 'you' }]);
});

test('"later" is tried again, anything else is not', async () => {
  const attempts: [string, number, boolean][] = [];
  await work(greet, async ({ to }, { attempt, last }) => {
    attempts.push([to, attempt, last]);
    if (to === 'busy' && attempt === 1) throw new StatusError(40015);
    if (to === 'wrong') throw new StatusError(11102);
    if (to === 'broken') throw new TypeError('undefined is not a function');
  });
  await add(greet.with({ to: 'busy' }), greet.with({ to: 'wrong' }), greet.with({ to: 'broken' }));
  await expect
    .poll(async () => (await rows()).filter((row) => row.locked_by === null).length)
    .toBe(3);
  await makeDue();
  await expect.poll(() => attempts.length).toBe(4);
  expect(attempts.filter(([to]) => to === 'busy')).toEqual([
    ['busy', 1, false],
    ['busy', 2, false],
  ]);
  await expect.poll(rows).toEqual([
    expect.objectContaining({
      attempts: 1,
      max_attempts: 1,
      last_error: expect.stringContaining('11102'),
    }),
    expect.objectContaining({
      attempts: 1,
      max_attempts: 1,
      last_error: expect.stringContaining('undefined is'),
    }),
  ]);
});

test('the last attempt is told so', async () => {
  const twice = defineJob<Greeting>('twice', { maxAttempts: 2 });
  const lasts: boolean[] = [];
  await work(twice, async (_payload, { last }) => {
    lasts.push(last);
    throw new StatusError(40015);
  });
  await add(twice.with({ to: 'you' }));
  await expect.poll(() => lasts.length).toBe(1);
  await expect.poll(async () => (await rows())[0]?.locked_by).toBeNull();
  await makeDue();
  await expect.poll(() => lasts).toEqual([false, true]);
  await expect.poll(async () => (await rows())[0]?.locked_by).toBeNull();
});

test('jobs with one key wait as one, the last call’s', async () => {
  await add(greet.with({ to: 'a' }, { key: 'x' }), greet.with({ to: 'b' }, { key: 'x' }));
  await add(greet.with({ to: 'c' }, { key: 'x' }), greet.with({ to: 'other' }, { key: 'y' }));
  const seen: string[] = [];
  await work(greet, async ({ to }) => {
    seen.push(to);
  });
  await expect.poll(() => seen.toSorted()).toEqual(['c', 'other']);
});

test('a full lane holds up no other', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const seen: string[] = [];
  const worker = await startWorker({
    connection,
    log: silentLog,
    declared: [greet, heavy],
    handlers: [
      handleJob(heavy, () => held),
      handleJob(greet, async ({ to }) => {
        seen.push(to);
      }),
    ],
    concurrency: { default: 1, heavy: 1 },
  });
  workers.push(worker);
  await add(...[1, 2, 3].map((n) => heavy.with({ n })));
  await add(greet.with({ to: 'quick' }));
  await expect.poll(() => seen).toEqual(['quick']);
  release();
  await expect.poll(rows).toEqual([]);
});

test('what a killed worker held is free at once for the next one', async () => {
  await add(greet.with({ to: 'orphan' }));
  await sql`update graphile_worker._private_jobs set locked_by = 'pool-dead', locked_at = now()`.execute(
    db,
  );
  const seen: string[] = [];
  await work(greet, async ({ to }) => {
    seen.push(to);
  });
  await expect.poll(() => seen).toEqual(['orphan']);
});

test('what a living worker holds is left to it', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const seen: string[] = [];
  await work(greet, async () => {
    seen.push('first');
    await held;
  });
  await add(greet.with({ to: 'slow' }));
  await expect.poll(() => seen).toEqual(['first']);
  await work(greet, async () => {
    seen.push('second');
  });
  expect((await rows())[0]?.locked_by).not.toBeNull();
  release();
  await expect.poll(rows).toEqual([]);
  expect(seen).toEqual(['first']);
});

test('what a pool held that gave up in a living process is free as soon as it is gone', async () => {
  const pool = jobsPool(connection, 2, silentLog);
  const liveness = await Liveness.begin(connection, pool, silentLog);
  try {
    const events = liveness.events();
    const given = (id: string) => ({ pool: { id }, workerPool: { id } }) as never;
    events.emit('pool:create', given('pool-gone'));
    events.emit('pool:create', given('pool-here'));
    await add(greet.with({ to: 'one' }), greet.with({ to: 'two' }));
    // It could not report the end of its job, as while the database restarts.
    await sql`update graphile_worker._private_jobs set locked_at = now(),
      locked_by = case when payload->>'to' = 'one' then 'pool-gone' else 'pool-here' end`.execute(
      db,
    );
    events.emit('pool:release', given('pool-gone'));
    const holders = async () => (await rows()).map((row) => row.locked_by);
    await expect.poll(holders).toEqual([null, 'pool-here']);
  } finally {
    await liveness.end();
    await pool.end();
  }
});

test('pools that come and go at once take turns on the session that they share', async () => {
  const pool = jobsPool(connection, 2, silentLog);
  const liveness = await Liveness.begin(connection, pool, silentLog);
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const heldNow = async () => {
    const { rows: held } = await sql<{ n: number }>`
      select count(*)::integer as n from pg_locks join pg_database d on d.oid = database
      where datname = current_database() and locktype = 'advisory' and classid = ${0x4c4a4f42}`.execute(
      db,
    );
    return held[0]?.n;
  };
  try {
    const events = liveness.events();
    const given = (id: string) => ({ pool: { id }, workerPool: { id } }) as never;
    for (const id of ids) events.emit('pool:create', given(id));
    await expect.poll(heldNow).toBe(ids.length);
    for (const id of ids) events.emit('pool:release', given(id));
    await expect.poll(heldNow).toBe(0);
  } finally {
    await liveness.end();
    await pool.end();
  }
  expect(warnings).toEqual([]);
});

test('survives the loss of all its connections', async () => {
  const seen: string[] = [];
  await work(greet, async ({ to }) => {
    seen.push(to);
  });
  await add(greet.with({ to: 'before' }));
  await expect.poll(() => seen).toEqual(['before']);
  const admin = new pg.Client(connection);
  await admin.connect();
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'limpid jobs%'",
  );
  await admin.end();
  await add(greet.with({ to: 'after' }));
  await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['before', 'after']);
});

test('failures of long ago are removed, newer ones are kept', async () => {
  await add(greet.with({ to: 'old' }), greet.with({ to: 'new' }));
  await sql`update graphile_worker._private_jobs set max_attempts = 1, attempts = 1, last_error = 'no',
    updated_at = now() - case when payload->>'to' = 'old' then interval '8 days' else interval '6 days' end`.execute(
    db,
  );
  await work(greet, async () => undefined);
  expect(await rows()).toHaveLength(1);
});

test('stopping waits for what runs', async () => {
  const seen: string[] = [];
  const worker = await work(greet, async () => {
    seen.push('begun');
    await sql`select pg_sleep(0.2)`.execute(db);
    seen.push('done');
  });
  await add(greet.with({ to: 'you' }));
  await expect.poll(() => seen).toContain('begun');
  await worker.stop();
  expect(seen).toEqual(['begun', 'done']);
  expect(await rows()).toEqual([]);
});

test('does not start unless every job has its one handler', async () => {
  const run = async () => undefined;
  const start = (declared: JobType<never>[], handled: JobType<never>[]) =>
    startWorker({
      connection,
      log: silentLog,
      declared,
      handlers: handled.map((type) => handleJob(type, run)),
      concurrency: 1,
    });
  await expect(start([greet, heavy], [greet])).rejects.toThrow('heavy has no handler');
  await expect(start([greet], [greet, greet])).rejects.toThrow('greet has two handlers');
  await expect(start([greet, greet], [greet])).rejects.toThrow('greet is declared twice');
  await expect(start([greet], [greet, heavy])).rejects.toThrow('heavy is not declared');
});
