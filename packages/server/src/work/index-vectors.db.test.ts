import { transaction } from '@limpid/store';
import { insertEmbeddings } from '@limpid/store/db/embeddings';
import { spaceName } from '@limpid/store/vectors/space-name';
import { testPlatform } from '@limpid/testkit/platform';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { openPlace, type Place, text } from '../handlers/searches/testing/place.ts';
import { indexVectors } from './index-vectors.ts';

const platform = await testPlatform();
const { deps } = platform;
const ann = await platform.addUser('ann');
const COUNT = 450;
let place: Place;
let keys: readonly bigint[];
const spaces: bigint[] = [];

const index = () => indexVectors(deps, new AbortController().signal);
/** Every input its own direction, by two of the dimensions. */
const vectorOf = (place: number, dimensions: number) => {
  const vector = new Float32Array(dimensions);
  vector[place % dimensions] = 1;
  vector[(place + 1) % dimensions] = place / COUNT;
  return vector;
};

async function embed(space: bigint, dimensions: number, from = 0): Promise<void> {
  const embeddings = keys.slice(from).map((inputKey, i) => {
    return { inputKey, space, vector: vectorOf(from + i, dimensions) };
  });
  await transaction(deps.db, (tx) => insertEmbeddings(tx, place.scope, embeddings));
}

async function nearest(space: bigint, input: number, dimensions: number) {
  const { appKey: app } = place.scope;
  const query = { app, vector: vectorOf(input, dimensions), k: 1 };
  const [hit] = await deps.vectors.query(spaceName(space), query);
  return hit && keys.indexOf(hit.input);
}

async function search(vector: Float32Array) {
  const ranks = [{ annotation: { data: { embeddings: [{ vector: [...vector] }] } } }];
  const request = { ...place.at, searches: [{ query: { ranks } }] };
  return (await platform.call('PostInputsSearches', request, ann)).hits;
}

beforeAll(async () => {
  place = await openPlace(platform, ann, 'mass');
  for (let from = 0; from < COUNT; from += 90)
    await place.post(...Array.from({ length: 90 }, (_, i) => text(`t${from + i}`)));
  const { rows } = await sql<{ key: bigint }>`
    select key from inputs where app_key = ${place.scope.appKey} order by key`.execute(deps.db);
  keys = rows.map(({ key }) => key);
  for (const id of ['a', 'b', 'c']) spaces.push(await place.addSpace(id, 'text-embedder'));
});

test('a mass that waits is not compared one by one, and is found when it is in', async () => {
  const [a = 0n] = spaces;
  await embed(a, 48);
  expect(await search(vectorOf(7, 48))).toEqual([]);
  await index();
  expect((await search(vectorOf(7, 48)))[0]?.input?.id).toBe('t7');
});

test('spaces of several sizes are taken in, each vector under its own key', async () => {
  const [, b = 0n, c = 0n] = spaces;
  await embed(b, 48);
  await embed(c, 64, 300);
  await index();
  for (const input of [0, 199, 200, 201, 449]) expect(await nearest(b, input, 48)).toBe(input);
  for (const input of [300, 399, 400, 449]) expect(await nearest(c, input, 64)).toBe(input);
  expect(await deps.vectors.stats(spaceName(b))).toMatchObject({ docs: COUNT, dimensions: 48 });
  expect(await deps.vectors.stats(spaceName(c))).toMatchObject({ docs: 150, dimensions: 64 });
  const { rows } = await sql`select 1 from embeddings where not indexed`.execute(deps.db);
  expect(rows).toEqual([]);
});

test('several that take the same mass in at once do not mix it up', async () => {
  const d = await place.addSpace('d', 'text-embedder');
  await embed(d, 1280);
  await Promise.all(Array.from({ length: 8 }, index));
  for (let input = 0; input < COUNT; input += 1) expect(await nearest(d, input, 1280)).toBe(input);
});

test('a row that is deleted while it is taken in leaves the index again', async () => {
  const [, , c = 0n] = spaces;
  await embed(c, 64, 440);
  const [gone = 0n] = keys.slice(445);
  const vectors: typeof deps.vectors = Object.create(deps.vectors, {
    takeWaiting: {
      value: async (limit: number) => {
        const taken = await deps.vectors.takeWaiting(limit);
        await sql`delete from embeddings where input_key = ${gone} and not indexed`.execute(
          deps.db,
        );
        return taken;
      },
    },
  });
  await indexVectors({ ...deps, vectors }, new AbortController().signal);
  const { docs } = await deps.vectors.stats(spaceName(c));
  expect(docs).toBe(150 + 9);
});
