import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { AppScope } from '@limpid/domain/access/authority';
import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { insertInputs, type NewInput } from './inputs.ts';
import { inputsWithMetadata } from './metadata-facts.ts';
import { migrate } from './migrate.ts';
import { inputTest } from './search-conditions.ts';
import { listMatchingInputs } from './searches.ts';
import { transaction } from './transaction.ts';

const { db } = await testDatabase();

async function makeApp(id: string): Promise<AppScope> {
  const { rows } = await sql<{ key: bigint }>`
    with owner as (
      insert into users (id) values ('ann') on conflict (id) do update set id = excluded.id returning key
    )
    insert into apps (user_key, id) select key, ${id} from owner returning key`.execute(db);
  return { kind: 'app', appKey: rows[0]?.key ?? 0n, standing: 'owner' } as AppScope;
}

const scope = await makeApp('main');
const other = await makeApp('other');

beforeEach(() => sql`delete from inputs`.execute(db));

/** JSON texts, as some hold what JavaScript cannot. */
async function put(texts: readonly (string | undefined)[], into = scope): Promise<bigint[]> {
  const inputs = texts.map((metadata, n): NewInput => {
    const none = { latitude: undefined, longitude: undefined, urlHash: undefined, media: [] };
    return { id: `i${n}`, kind: 'text', body: '{}', metadata, ...none };
  });
  const made = await transaction(db, (tx) => insertInputs(tx, into, null, inputs));
  return inputs.map(({ id }) => made.get(id)?.key ?? -1n);
}

/** Undefined where facts don't tell. */
async function byFacts(
  anyOf: readonly JsonObject[],
  within = scope,
): Promise<bigint[] | undefined> {
  const set = inputsWithMetadata(within, anyOf);
  if (!set) return undefined;
  const { rows } = await sql<{ input_key: bigint }>`
    select distinct input_key from (${set}) as held order by 1`.execute(db);
  return rows.map((row) => row.input_key);
}

async function byContainment(anyOf: readonly JsonObject[], within = scope): Promise<bigint[]> {
  const { rows } = await sql<{ key: bigint }>`
    select i.key from inputs i where i.app_key = ${within.appKey}::bigint
      and ${inputTest(within, { is: 'metadata', anyOf })} order by 1`.execute(db);
  return rows.map(({ key }) => key);
}

async function facts(): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::integer as n from input_facts`.execute(
    db,
  );
  return rows[0]?.n ?? -1;
}

// What `@>` and facts could see otherwise: each is held by some input, and asked for.
const long = 'x'.repeat(100_000);
const odd: JsonValue[] = [
  ...[1, '1', 0, -0, '0', 1e2, 1e-7, 1.5, 1e300, 5e-324, -1, 2 ** 53, 0.1 + 0.2],
  ...[true, 'true', false, null, 'null', '', ' ', '"', '\\', 'a.b', '\u2028', '\n'],
  ...['é', 'e\u0301', '😀', 'ß', 'SS', long, `${long}y`, '{"a":1}', '[]', '100'],
];
const keys = ['a', 'b', 'a.b', '', '"', 'é', 'e\u0301', '__proto__', '0', long];

describe('facts find what `@>` finds', () => {
  test.each([
    ['by itself', (value: JsonValue) => ({ a: value })],
    ['deeper', (value: JsonValue) => ({ a: { b: value } })],
    ['under a key with the separator of paths', (value: JsonValue) => ({ 'a.b': value })],
    ['with the levels the other way round', (value: JsonValue) => ({ b: { a: value } })],
  ])('of every odd value, %s', async (_where, at) => {
    const held = odd.flatMap((value) => [
      JSON.stringify({ a: value, b: [value] }),
      JSON.stringify({ a: { b: value }, 'a.b': [value, { a: value }] }),
      JSON.stringify({ 'a.b': value, b: { a: value } }),
      JSON.stringify({ a: [value, { b: value }], b: {} }),
      JSON.stringify(value),
      JSON.stringify([value, { a: value }]),
    ]);
    await put([...held, undefined, '{}', 'null']);
    for (const value of odd) {
      const wanted = [at(value)];
      const found = await byFacts(wanted);
      expect(found?.length, JSON.stringify(wanted).slice(0, 80)).toBeGreaterThan(0);
      expect(found).toEqual(await byContainment(wanted));
    }
  });

  test('of numbers however they are written', async () => {
    const [hundred, ...rest] = await put(
      [
        ...[
          '100',
          '1e2',
          '100.00',
          '10000e-2',
          '1.0E+2',
          '100.000000000000000000001',
          '"100"',
          '-100',
        ],
        ...['0', '-0', '0.00', '0e5', '1e1000'],
      ].map((number) => `{"n": {"m": ${number}}}`),
    );
    expect(await byFacts([{ n: { m: 100 } }])).toEqual([hundred, ...rest.slice(0, 4)]);
    expect(await byFacts([{ n: { m: -0 } }])).toEqual(rest.slice(7, 11));
    for (const n of [100, 0, 100.5]) {
      expect(await byFacts([{ n: { m: n } }])).toEqual(await byContainment([{ n: { m: n } }]));
    }
  });

  test('of a key that comes twice, the last', async () => {
    const [key] = await put(['{"a": 1, "a": 2}']);
    expect(await byFacts([{ a: 2 }])).toEqual([key]);
    expect(await byFacts([{ a: 1 }])).toEqual([]);
  });

  test('of random JSON', async () => {
    const random = randomOf(20_260_101);
    const held = Array.from({ length: 600 }, () => anyJson(random, 0));
    await put([...held.map((json) => JSON.stringify(json)), undefined]);
    const seen = { told: 0, found: 0, together: 0 };
    for (let n = 0; n < 2_500; n += 1) {
      const anyOf = Array.from({ length: 1 + random(3) }, () => wantedOf(held, random));
      const found = await byFacts(anyOf);
      if (!found) continue;
      expect(found, JSON.stringify(anyOf).slice(0, 500)).toEqual(await byContainment(anyOf));
      seen.told += 1;
      if (found.length > 0) seen.found += 1;
      if (found.length > 0 && anyOf.every((json) => leaves(json) > 1)) seen.together += 1;
    }
    // Else the comparison says little.
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(200);
  });
});

type Random = (below: number) => number;

/** The same numbers on every run (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const oneOf = <T>(list: readonly T[], random: Random): T => list[random(list.length)] as T;

/** Of few keys and values, so that much of it is alike. */
function anyJson(random: Random, depth: number): JsonValue {
  const short = odd.slice(0, 24);
  const kind = depth === 0 ? random(7) : random(7 + depth * 4);
  if (kind < 6) {
    const entries = Array.from({ length: random(5) }, () => [
      oneOf(keys.slice(0, 6), random),
      anyJson(random, depth + 1),
    ]);
    return Object.fromEntries(entries);
  }
  if (kind === 6) return Array.from({ length: random(3) }, () => anyJson(random, depth + 1));
  return oneOf(short, random);
}

/** A part of what some input holds, now and then with another leaf. */
function wantedOf(held: readonly JsonValue[], random: Random): JsonObject {
  const from = partOf(oneOf(held, random), random);
  const wanted = isObject(from) ? from : { a: from };
  return random(6) === 0 ? { ...wanted, a: oneOf(odd, random) } : wanted;
}

function partOf(json: JsonValue, random: Random): JsonValue {
  if (!isObject(json)) return json;
  const parts = Object.entries(json).map(([key, value]) => [key, partOf(value, random)] as const);
  return Object.fromEntries(
    parts.filter(([, value]) => {
      // Facts don't tell of arrays and of what is empty: most of these go.
      const tells = !Array.isArray(value) && leaves(value) > 0;
      return tells ? random(4) > 0 : random(20) === 0;
    }),
  );
}

const isObject = (json: JsonValue): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

function leaves(json: JsonValue): number {
  if (!isObject(json)) return 1;
  return Object.values(json).reduce((sum: number, value) => sum + leaves(value), 0);
}

test.each([
  ['an array', [{ a: [1] }]],
  ['an array beside a leaf', [{ a: { b: 1, c: [] } }]],
  ['an empty object', [{}]],
  ['an empty object beside a leaf', [{ a: 1, b: {} }]],
  ['one of several that has an array', [{ a: 1 }, { b: [2] }]],
  ['nothing', []],
  ['too much at once', [Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, n]))]],
])('facts don’t tell of %s', (_what, anyOf: readonly JsonObject[]) => {
  expect(inputsWithMetadata(scope, anyOf)).toBeUndefined();
});

test('any number of single leaves is asked for at once', async () => {
  const [first, , third] = await put(['{"k7": 7}', '{"k7": 8}', '{"k4999": 4999, "z": {}}']);
  const anyOf = Array.from({ length: 5_000 }, (_, n) => ({ [`k${n}`]: n }));
  expect(await byFacts(anyOf)).toEqual([first, third]);
});

test('facts follow what becomes of an input', async () => {
  const [one, two] = await put(['{"a": 1, "b": {"c": "x"}}', undefined]);
  expect(await facts()).toBe(2);
  const write = (key: bigint | undefined, metadata: string | null) =>
    sql`update inputs set metadata = ${metadata}::jsonb where key = ${key}::bigint`.execute(db);
  await write(one, '{"a": 2, "b": {"c": "x"}, "d": null}');
  expect(await byFacts([{ a: 1 }])).toEqual([]);
  expect(await byFacts([{ a: 2, b: { c: 'x' }, d: null }])).toEqual([one]);
  await write(two, '{"a": 2}');
  expect(await byFacts([{ a: 2 }])).toEqual([one, two]);
  expect(await facts()).toBe(4);
  await write(one, null);
  expect(await byFacts([{ a: 2 }])).toEqual([two]);
  await sql`delete from inputs where key = ${two}::bigint`.execute(db);
  expect(await facts()).toBe(0);
});

test('facts of what was there before come with the migration', async () => {
  await using older = await testDatabase({ empty: true });
  const { connection } = older;
  await migrate({ connection, log: silentLog, upTo: 82 });
  await sql`
    with owner as (insert into users (id) values ('ann') returning key),
         app as (insert into apps (user_key, id) select key, 'main' from owner returning key)
    insert into inputs (app_key, id, kind, status_code, metadata)
    select app.key, 'i' || n, 'text', 30000, metadata
    from app, (values (1, '{"a": 1.0, "b": {"c": null}}'::jsonb), (2, '{"a": 1}'), (3, null), (4, '[1]')) as v (n, metadata)`.execute(
    older.db,
  );
  await migrate({ connection, log: silentLog });
  const { rows } = await sql`
    select i.id, f.fact = (metadata_facts('{"a": 1}'))[1] as is_one
    from input_facts f join inputs i on i.key = f.input_key and i.app_key = f.app_key order by 1, 2`.execute(
    older.db,
  );
  expect(rows).toEqual([
    { id: 'i1', is_one: false },
    { id: 'i1', is_one: true },
    { id: 'i2', is_one: true },
  ]);
});

test('each app has its own facts', async () => {
  const [mine] = await put(['{"a": {"b": 1, "c": 2}}']);
  const [theirs] = await put(['{"a": {"b": 1, "c": 2}}'], other);
  for (const anyOf of [[{ a: { b: 1 } }], [{ a: { b: 1, c: 2 } }]]) {
    expect(await byFacts(anyOf)).toEqual([mine]);
    expect(await byFacts(anyOf, other)).toEqual([theirs]);
  }
});

test('filters leave the inputs that are in the sets of each', async () => {
  const [both, one, other] = await put([
    '{"a": {"b": 1}, "c": 2}',
    '{"a": {"b": 1}, "c": 3}',
    '{"c": 2}',
  ]);
  const filter = (anyOf: JsonObject[], negate = false) => ({
    ...{ negate, annotation: [], anyOfInput: [] },
    input: [{ is: 'metadata' as const, anyOf }],
  });
  const find = async (...filters: ReturnType<typeof filter>[]) =>
    [...(await listMatchingInputs(db, scope, { unit: 'input', filters }))].sort();
  // An `intersect` binds more than the `union` of one of them.
  const union = filter([{ c: 2 }, { a: { b: 1, d: 1 } }, { a: { b: 1 }, c: 3 }]);
  expect(await find(union, filter([{ a: { b: 1 } }]))).toEqual([both, one]);
  expect(await find(filter([{ a: { b: 1 } }]), union)).toEqual([both, one]);
  expect(await find(filter([{ a: { b: 1 } }], true))).toEqual([other]);
  expect(await find(filter([{ c: 2 }]), filter([{ a: { b: 1 } }], true))).toEqual([other]);
  expect(await find(filter([{ c: 2 }]), filter([{ a: {} }]))).toEqual([both]);
});

test('a filter by one leaf reads no row of the inputs, and none of the facts', async () => {
  await put(Array.from({ length: 2_000 }, (_, n) => JSON.stringify({ n, bucket: n % 20 })));
  await sql`vacuum (analyze) input_facts`.execute(db);
  const set = inputsWithMetadata(scope, [{ bucket: 3 }]);
  if (!set) throw new Error('facts do not tell');
  const { rows } = await sql<Record<string, string>>`explain ${set}`.execute(db);
  const plan = rows.map((row) => Object.values(row)[0]).join('\n');
  expect(plan).toMatch(/Index Only Scan using input_facts_pkey on input_facts/);
});
