import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { checkVectors, indexVectors } from '../../work/index-vectors.ts';
import {
  labels,
  type Named,
  openPlace,
  type Place,
  type QueryInit,
  type SearchInit,
  text,
} from './testing/place.ts';

const platform = await testPlatform();
const { deps } = platform;
const ann = await platform.addUser('ann');
let place: Place;
let space = 0n;

const region = (topRow: number) => ({
  region_info: { bounding_box: { top_row: topRow, left_col: 0, bottom_row: 1, right_col: 1 } },
});

type Rank = NonNullable<QueryInit['ranks']>[number];
const like = (...vectors: number[][]): Rank => ({
  annotation: { data: { embeddings: vectors.map((vector) => ({ vector })) } },
});
const rankOf = (...concepts: Named[]): Rank => ({
  annotation: { data: labels(...concepts) },
});
const withConcept = (id: string) => ({ annotation: { data: labels(id) } });
const dataset = (id: string) => ({ input: { datasetIds: [id] } });

async function search(query: QueryInit, rest: Partial<SearchInit> = {}, pagination = {}) {
  const request = { ...place.at, searches: [{ query, ...rest }], pagination };
  const answer = await platform.call('PostInputsSearches', request as never, ann);
  expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
  return answer.hits;
}

const ids = (hits: readonly { input?: { id: string } | undefined }[]) =>
  hits.map(({ input }) => input?.id ?? '');
const find = async (...given: Parameters<typeof search>) => ids(await search(...given));
const scores = async (...given: Parameters<typeof search>) =>
  (await search(...given)).map(({ input, score }) => [input?.id, Math.round(score * 1000) / 1000]);

const faults: unknown[] = [];
const log = { ...deps.log, error: (fault: unknown) => faults.push(fault) };
const index = () => indexVectors({ ...deps, log }, new AbortController().signal);
const statsOf = () => deps.vectors.stats(`embeddings-${space}`);

// Around a circle: east, north-east, north, west.
const vectors: [string, number[]][] = [
  ['east', [1, 0]],
  ['between', [Math.SQRT1_2, Math.SQRT1_2]],
  ['north', [0, 1]],
  ['west', [-1, 0]],
];

beforeAll(async () => {
  place = await openPlace(platform, ann, 'compass');
  await platform.call('PostDatasets', { ...place.at, datasets: [{ id: 'd' }] }, ann);
  await place.post(
    { ...text('east', labels('warm')), datasetIds: ['d'] },
    text('between', labels('warm', 'cold')),
    { ...text('north', labels('cold')), datasetIds: ['d'] },
    text('west'),
    text('twice', labels('warm')),
    text('nowhere'),
  );
  space = await place.addSpace('embedder', 'text-embedder');
  for (const [id, vector] of vectors) await place.embed(space, id, vector);
});

// Everything must hold before the index has a vector, while it has some, and with all of them.
const stages: [string, () => Promise<void>][] = [
  ['none is indexed', async () => undefined],
  [
    'some are indexed',
    async () => {
      await index();
      await place.embed(space, 'twice', [0, -1], region(0.2));
      await place.embed(space, 'twice', [0.6, 0.8], region(0.4));
    },
  ],
  ['all are indexed', index],
];

test.each(stages)('vectors are ranked while %s', async (name, prepare) => {
  await prepare();
  const has = name !== 'none is indexed';
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::integer as waiting from embeddings where not indexed`.execute(deps.db);
  expect(rows[0]?.waiting).toBe(name.startsWith('none') ? 4 : name.startsWith('some') ? 2 : 0);
  const order = ['east', 'between', ...(has ? ['twice'] : []), 'north', 'west'];
  expect(await find({ ranks: [like([1, 0])] })).toEqual(order);
  expect(await find({ ranks: [{ ...like([1, 0]), negate: true }] })).toEqual([
    'west',
    'north',
    ...(has ? ['twice'] : []),
    'between',
    'east',
  ]);
  const both = { metric: 2, algorithm: 'brute_force' } as const;
  expect(await find({ ranks: [like([1, 0])] }, both)).toEqual(order);
  const warm = { ranks: [like([0, 1])], filters: [withConcept('warm')] };
  expect(await find(warm)).toEqual(has ? ['twice', 'between', 'east'] : ['between', 'east']);
  const others = { ranks: [like([0, 1])], filters: [{ ...withConcept('warm'), negate: true }] };
  expect(await find(others)).toEqual(['north', 'west']);
  expect(await find({ ranks: [like([0, 1])], filters: [dataset('d')] })).toEqual(['north', 'east']);
  const filters = [dataset('d'), withConcept('warm')];
  expect(await find({ ranks: [like([0, 1])], filters })).toEqual(['east']);
  expect(await find({ ranks: [like([0, 1])], filters: [...filters, withConcept('cold')] })).toEqual(
    [],
  );
  const kinds = { text: {} };
  expect(await find({ ranks: [like([1, 0])], filters: [{ input: { data: kinds } }] })).toEqual(
    order,
  );
  expect(
    await find({ ranks: [like([1, 0])], filters: [{ input: { data: { image: {} } } }] }),
  ).toEqual([]);
  expect(await find({ ranks: [like([1, 0])] }, {}, { page: 2, perPage: 2 })).toEqual(
    order.slice(2, 4),
  );
});

test('scores: 1 for the same, 0.5 for a right angle, 0 for the opposite by cosine', async () => {
  const query = { ranks: [like([2, 0])], filters: [dataset('d')] };
  expect(await scores(query, { metric: 2 })).toEqual([
    ['east', 1],
    ['north', 0.5],
  ]);
  expect(await scores({ ranks: [like([1, 0])] })).toEqual([
    ['east', 1],
    ['between', 0.854],
    ['twice', 0.8],
    ['north', 0.5],
    ['west', 0.25],
  ]);
  expect(await scores({ ranks: [{ ...like([1, 0]), negate: true }] }, {}, { perPage: 1 })).toEqual([
    ['west', 1],
  ]);
});

test('nothing below min_value is a hit', async () => {
  expect(await find({ ranks: [like([1, 0])] }, { minValue: 0.8 })).toEqual([
    'east',
    'between',
    'twice',
  ]);
  expect(
    await find({ ranks: [like([1, 0])], filters: [dataset('d')] }, { minValue: 0.95 }),
  ).toEqual(['east']);
  expect(await find({ ranks: [like([1, 0])] }, { minValue: 1 })).toEqual(['east']);
});

test('an input ranks by the average of what is embedded of it', async () => {
  const of = async (inputId: string) =>
    await scores({ ranks: [{ annotation: { inputId } }] }, { metric: 2 });
  expect((await of('north'))[0]).toEqual(['north', 1]);
  expect(await of('twice')).toEqual(
    await scores({ ranks: [like([0, -1], [0.6, 0.8])] }, { metric: 2 }),
  );
});

test('an input is one hit in an input search; in an annotation search each region of it is', async () => {
  const query = { ranks: [like([0.6, 0.8])] };
  expect((await find(query)).filter((id) => id === 'twice')).toHaveLength(1);
  const [best] = await search(query);
  expect(best?.annotation).toMatchObject({
    inputId: 'twice',
    data: { regions: [{ regionInfo: { boundingBox: { bottomRow: 1 } } }] },
  });
  expect(best?.annotation?.data?.regions[0]?.regionInfo?.boundingBox?.topRow).toBeCloseTo(0.4);
  const request = { ...place.at, searches: [{ query }] };
  const found = await platform.call('PostAnnotationsSearches', request, ann);
  expect(ids(found.hits).filter((id) => id === 'twice')).toHaveLength(2);
  expect(found.hits.find(({ input }) => input?.id === 'east')?.annotation).toMatchObject({
    inputLevel: true,
    data: { concepts: [{ id: 'warm' }] },
  });
});

test('annotations that a filter picks come in the order of their inputs', async () => {
  const query = { ranks: [like([0, 1])], filters: [withConcept('cold')] };
  const request = { ...place.at, searches: [{ query }] };
  const found = await platform.call('PostAnnotationsSearches', request, ann);
  expect(ids(found.hits)).toEqual(['north', 'between']);
  expect(found.hits.every(({ annotation }) => annotation?.inputLevel)).toBe(true);
  expect(found.hits[0]?.score).toBeCloseTo(1);
});

test('concepts rank by what models predict, and people know better', async () => {
  const model = await place.addSpace('tagger', 'text-classifier');
  const other = await place.addSpace('tagger2', 'text-classifier');
  await place.predict(model, 'east', { sea: 0.9, hill: 0.2 });
  await place.predict(model, 'north', { sea: 0.2, hill: 0.6 });
  await place.predict(model, 'west', { sea: 0.6 });
  await place.predict(other, 'twice', { sea: 0.7 });
  expect(await scores({ ranks: [rankOf('sea')] })).toEqual([
    ['east', 0.9],
    ['twice', 0.7],
    ['west', 0.6],
    ['north', 0.2],
  ]);
  expect(await scores({ ranks: [rankOf(['sea', 0])] }, {}, { perPage: 4 })).toEqual([
    ['between', 1],
    ['nowhere', 1],
    ['north', 0.8],
    ['west', 0.4],
  ]);
  expect(await find({ ranks: [rankOf('sea')] }, { minValue: 0.6 })).toEqual([
    'east',
    'twice',
    'west',
  ]);
  expect(await find({ ranks: [rankOf('sea')], filters: [dataset('d')] })).toEqual([
    'east',
    'north',
  ]);
  const only = { annotation: { data: labels('sea'), modelVersionId: 'tagger2-v1' } };
  expect(await find({ ranks: [only] })).toEqual(['twice']);
  expect(await scores({ ranks: [rankOf('sea', 'hill')] }, {}, { perPage: 3 })).toEqual([
    ['east', 0.9],
    ['twice', 0.7],
    ['north', 0.6],
  ]);
  expect(await scores({ ranks: [rankOf('sea'), rankOf('hill')] })).toEqual([
    ['east', 0.424],
    ['north', 0.346],
  ]);
  const [first] = await search({ ranks: [rankOf('sea')] });
  expect(first?.annotation?.modelVersionId).toBe('tagger-v1');
  await place.annotate(
    { inputId: 'east', data: labels(['sea', 0]) },
    { inputId: 'north', data: labels('sea') },
  );
  expect(await scores({ ranks: [rankOf('sea')] })).toEqual([
    ['north', 1],
    ['twice', 0.7],
    ['west', 0.6],
  ]);
  expect(await scores({ ranks: [{ ...rankOf('sea'), negate: true }] }, {}, { perPage: 4 })).toEqual(
    [
      ['east', 1],
      ['between', 1],
      ['nowhere', 1],
      ['west', 0.4],
    ],
  );
});

test('several ranks count together', async () => {
  const rightAngle = Math.round(Math.SQRT1_2 * 1000) / 1000;
  expect(await scores({ ranks: [like([1, 0]), rankOf('sea')] }, { metric: 2 })).toEqual([
    ['twice', 0.748],
    ['north', rightAngle],
  ]);
  expect(await scores({ ranks: [like([1, 0]), like([0, 1])] }, { metric: 2 })).toEqual([
    ['between', 0.854],
    ['twice', 0.849],
    ['east', rightAngle],
    ['north', rightAngle],
  ]);
  expect(
    await find(
      { ranks: [like([1, 0]), like([0, 1])], filters: [withConcept('warm')] },
      { metric: 2, minValue: 0.84 },
    ),
  ).toEqual(['between', 'twice']);
});

test('the average of what people called by a concept', async () => {
  const query = { ranks: [rankOf('cold')] };
  expect(await find(query, { algorithm: 'avg_concept_brute_force' }, { perPage: 1 })).toEqual([
    'twice',
  ]);
  const answer = await platform.call(
    'PostInputsSearches',
    {
      ...place.at,
      searches: [{ query: { ranks: [rankOf('hill')] }, algorithm: 'avg_concept_brute_force' }],
    },
    ann,
  );
  expect(answer.status?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
});

test('counts with ranks', async () => {
  const searches = [
    { query: { ranks: [like([1, 0])] } },
    { query: { ranks: [like([1, 0])] }, minValue: 0.8 },
    { query: { ranks: [rankOf('sea')] } },
  ];
  const answer = await platform.call(
    'PostInputsSearches',
    { ...place.at, searches, onlyCount: true },
    ann,
  );
  expect(answer.hitCounts.map(({ estimatedTotal }) => estimatedTotal)).toEqual([5n, 3n, 3n]);
});

test.each<[string, Rank, number]>([
  [
    'an input that is not there',
    { annotation: { inputId: 'gone' } },
    StatusCode.CONN_DOES_NOT_EXIST,
  ],
  [
    'an input without vectors',
    { annotation: { inputId: 'nowhere' } },
    StatusCode.SEARCH_BY_NOT_FULLY_INDEXED_INPUT,
  ],
  ['a vector of another size', like([1, 0, 0]), StatusCode.SEARCH_INVALID_REQUEST],
  ['a concept that nobody knows', rankOf('unheard-of'), StatusCode.SEARCH_INVALID_REQUEST],
  [
    'a text without a model',
    { annotation: { data: { text: { raw: 'x' } } } },
    StatusCode.SEARCH_INVALID_REQUEST,
  ],
  [
    'a model version that embeds nothing',
    { annotation: { inputId: 'east', modelVersionId: 'nope' } },
    StatusCode.SEARCH_INVALID_REQUEST,
  ],
])('%s is refused', async (_, rank, code) => {
  const request = { ...place.at, searches: [{ query: { ranks: [rank] } }] };
  expect((await platform.call('PostInputsSearches', request, ann)).status?.code).toBe(code);
});

test('what is deleted is no hit, before and after the index forgets it', async () => {
  const { docs } = await statsOf();
  await platform.call('DeleteInputs', { ...place.at, ids: ['east'] }, ann);
  expect((await statsOf()).docs).toBe(docs);
  expect(await find({ ranks: [like([1, 0])] })).toEqual(['between', 'twice', 'north', 'west']);
  expect(
    await find(
      { ranks: [like([1, 0])], filters: [{ ...dataset('d'), negate: true }] },
      {},
      { perPage: 1 },
    ),
  ).toEqual(['between']);
  await index();
  expect((await statsOf()).docs).toBe(docs - 1);
  expect(await find({ ranks: [like([1, 0])] })).toEqual(['between', 'twice', 'north', 'west']);
});

test('an index that was lost is made again from the rows', async () => {
  const before = await find({ ranks: [like([1, 0])] });
  await deps.vectors.drop(`embeddings-${space}`);
  await checkVectors(deps);
  expect(await find({ ranks: [like([1, 0])] })).toEqual(before);
  await index();
  expect((await statsOf()).docs).toBe(5);
  await checkVectors(deps);
  expect((await statsOf()).docs).toBe(5);
  expect(await find({ ranks: [like([1, 0])] })).toEqual(before);
});

test('a vector that can not be indexed holds nothing up', async () => {
  await place.embed(space, 'nowhere', [1, 2, 3]);
  await place.embed(space, 'nowhere', [Number.NaN, 0]);
  await place.embed(space, 'nowhere', [0, 1]);
  expect((await find({ ranks: [like([0, 1])] })).sort()).toEqual([
    'between',
    'north',
    'nowhere',
    'twice',
    'west',
  ]);
  await index();
  expect(faults).toHaveLength(2);
  expect((await statsOf()).docs).toBe(6);
  expect(await find({ ranks: [like([0, 1])] }, { algorithm: 'brute_force' })).toContain('nowhere');
  await checkVectors(deps);
  expect((await statsOf()).docs).toBe(6);
});

test('another app is another world', async () => {
  const elsewhere = await openPlace(platform, ann, 'elsewhere');
  await elsewhere.post(text('east'));
  await elsewhere.embed(space, 'east', [1, 0]);
  await index();
  const request = { ...elsewhere.at, searches: [{ query: { ranks: [like([1, 0])] } }] };
  expect(ids((await platform.call('PostInputsSearches', request, ann)).hits)).toEqual(['east']);
  expect(await find({ ranks: [like([1, 0])] })).not.toContain('east');
});
