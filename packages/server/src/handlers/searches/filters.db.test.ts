import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { beforeAll, expect, test } from 'vitest';
import {
  labels,
  type Named,
  openPlace,
  type Place,
  type QueryInit,
  text,
} from './testing/place.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
let place: Place;

type Filter = NonNullable<QueryInit['filters']>[number];
const metadata = {
  keyname: 'value1',
  somelist: [1, 2, 3],
  somenesting: { keyname2: 'value2', list2: [4, 5] },
};
const geo = (latitude: number, longitude: number) => ({
  geo: { geoPoint: { latitude, longitude } },
});
const box = {
  regionInfo: { boundingBox: { topRow: 0, leftCol: 0, bottomRow: 0.5, rightCol: 0.5 } },
};

beforeAll(async () => {
  place = await openPlace(platform, ann, 'zoo', { visibility: { gettable: 50 } });
  const { at } = place;
  const datasets = [{ id: 'd1' }, { id: 'open', visibility: { gettable: 50 } }];
  await platform.call('PostDatasets', { ...at, datasets }, ann);
  await place.post(
    { ...text('i1', { ...labels('dog'), metadata }), datasetIds: ['d1'] },
    { ...text('i2', { ...labels('deer'), ...geo(40, -30) }), datasetIds: ['d1', 'open'] },
    text('i3', { ...labels('dog', 'deer'), metadata: { keyname: 'other', n: 1 } }),
    text('i4', { ...labels('cat', ['dog', 0]), ...geo(41, -30) }),
    text('i5'),
  );
  await place.annotate(
    {
      id: 'boxed',
      inputId: 'i5',
      data: { regions: [{ ...box, trackId: 't1', data: labels('horse') }] },
      annotationInfo: { k: { a: 1 }, kind: 'box' },
    },
    {
      id: 'framed',
      inputId: 'i4',
      data: { frames: [{ frameInfo: { time: 500n }, data: labels('fox') }] },
    },
    {
      id: 'pending',
      inputId: 'i3',
      userId: 'bob',
      status: { code: 24151 },
      data: labels('fox'),
      taskId: '',
    },
  );
});

async function find(...filters: Filter[]): Promise<string[]> {
  const request = { ...place.at, searches: [{ query: { filters } }] };
  const answer = await platform.call('PostInputsSearches', request, ann);
  expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
  expect(answer.hits.every(({ score }) => score === 1)).toBe(true);
  return answer.hits.map(({ input }) => input?.id ?? '');
}

async function findAnnotations(...filters: Filter[]): Promise<(string | undefined)[][]> {
  const request = { ...place.at, searches: [{ query: { filters } }] };
  const answer = await platform.call('PostAnnotationsSearches', request, ann);
  expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
  return answer.hits.map(({ input, annotation }) => [input?.id, annotation?.id]);
}

const concepts = (...named: Named[]): Filter => ({
  annotation: { data: labels(...named) },
});
const said = (annotation: Filter['annotation']): Filter => ({ annotation });
const all = ['i1', 'i2', 'i3', 'i4', 'i5'];

test('without filters every input is a hit, in the order in which they were made', async () => {
  expect(await find()).toEqual(all);
  expect(await find({ annotation: {}, input: {} })).toEqual(all);
});

test('concepts in one filter widen, filters narrow, negated ones take away', async () => {
  expect(await find(concepts('dog', 'deer'))).toEqual(['i1', 'i2', 'i3']);
  expect(await find(concepts('dog'), concepts('deer'))).toEqual(['i3']);
  expect(await find({ ...concepts('dog'), negate: true })).toEqual(['i2', 'i4', 'i5']);
  expect(await find(concepts('deer'), { ...concepts('dog'), negate: true })).toEqual(['i2']);
  expect(await find(concepts('horse'))).toEqual(['i5']);
  expect(await find(concepts('unheard-of'))).toEqual([]);
  expect(await find({ ...concepts('unheard-of'), negate: true })).toEqual(all);
});

test('a value of 0 asks for those of which the opposite was said', async () => {
  expect(await find(concepts(['dog', 0]))).toEqual(['i4']);
  expect(await find({ annotation: { data: { concepts: [{ id: 'dog' }] } }, negate: true })).toEqual(
    ['i2', 'i4', 'i5'],
  );
});

test('predictions count from the value that is asked for', async () => {
  const model = await place.addSpace('namer', 'visual-classifier');
  await place.predict(model, 'i5', { zebra: 0.7 });
  expect(await find(concepts('zebra'))).toEqual([]);
  expect(await find(concepts(['zebra', 0.7]))).toEqual(['i5']);
  expect(await find(concepts(['zebra', 0.8]))).toEqual([]);
  expect(await find(said({ modelVersionId: 'namer-v1' }))).toEqual(['i5']);
  expect(
    await find(concepts(['zebra', 0.5]), said({ trusted: true, data: labels(['zebra', 0.5]) })),
  ).toEqual([]);
});

test('concepts are found by name, in any case, and in another language', async () => {
  const byName = (name: string, language = '') =>
    said({ data: { concepts: [{ name, language, value: 1 }] } });
  await platform.call(
    'PatchConcepts',
    { ...place.at, action: 'overwrite', concepts: [{ id: 'dog', name: 'Good Dog' }] },
    ann,
  );
  const concept = { ...place.at, conceptId: 'dog', conceptLanguages: [{ id: 'ja', name: '犬' }] };
  await platform.call('PostConceptLanguages', concept, ann);
  expect(await find(byName('good dog'))).toEqual(['i1', 'i3']);
  expect(await find(byName('犬', 'ja'))).toEqual(['i1', 'i3']);
  expect(await find(byName('犬'))).toEqual([]);
  const request = {
    ...place.at,
    searches: [{ query: { filters: [byName('犬')], language: 'ja' } }],
  };
  const answer = await platform.call('PostInputsSearches', request, ann);
  expect(answer.hits.map(({ input }) => input?.id)).toEqual(['i1', 'i3']);
});

test('a concept stands for its kinds and synonyms', async () => {
  const add = (conceptId: string, relations: object[]) =>
    platform.call(
      'PostConceptRelations',
      { ...place.at, conceptId, conceptRelations: relations } as never,
      ann,
    );
  await platform.call(
    'PostConcepts',
    { ...place.at, concepts: [{ id: 'animal' }, { id: 'beast' }, { id: 'canine' }] },
    ann,
  );
  const kind = (id: string) => ({ predicate: 'hypernym', objectConcept: { id } });
  await add('animal', [
    kind('canine'),
    kind('cat'),
    { predicate: 'synonym', objectConcept: { id: 'beast' } },
  ]);
  await add('canine', [kind('dog'), kind('fox')]);
  expect(await find(concepts('animal'))).toEqual(['i1', 'i3', 'i4']);
  expect(await find(concepts('beast'))).toEqual(['i1', 'i3', 'i4']);
  expect(await find(concepts('canine'))).toEqual(['i1', 'i3', 'i4']);
  expect(await find(concepts('dog'))).toEqual(['i1', 'i3']);
  expect(await find(concepts(['animal', 0]))).toEqual([]);
});

test('what a name stands for, and what a label is called, is what was said last', async () => {
  const nameOfDog = async () => {
    const { input } = await platform.call('GetInput', { ...place.at, inputId: 'i1' }, ann);
    return input?.data?.concepts.find(({ id }) => id === 'dog')?.name;
  };
  const kind = { predicate: 'hypernym', objectConcept: { id: 'deer' } };
  const at = { ...place.at, conceptId: 'horned' };
  await platform.call('PostConcepts', { ...place.at, concepts: [{ id: 'horned' }] }, ann);
  expect(await find(concepts('horned'))).toEqual([]);
  const added = { ...at, conceptRelations: [kind] };
  const { conceptRelations } = await platform.call('PostConceptRelations', added, ann);
  expect(await find(concepts('horned'))).toEqual(['i2', 'i3']);
  await platform.call(
    'DeleteConceptRelations',
    { ...at, ids: conceptRelations.map(({ id }) => id) },
    ann,
  );
  expect(await find(concepts('horned'))).toEqual([]);
  for (const name of ['Wolf', 'Good Dog']) {
    const renamed = { ...place.at, action: 'overwrite', concepts: [{ id: 'dog', name }] };
    await platform.call('PatchConcepts', renamed, ann);
    expect(await nameOfDog()).toBe(name);
    expect(await find(said({ data: { concepts: [{ name, value: 1 }] } }))).toEqual(['i1', 'i3']);
  }
});

test('the parts of one input filter widen each other', async () => {
  await place.post({ id: 'bad', data: { text: { url: 'http://127.0.0.1:9/none' } } });
  const done = { status: { code: StatusCode.INPUT_SUCCESS } };
  expect(await find({ input: done })).toEqual(all);
  expect(await find({ input: done, negate: true })).toEqual(['bad']);
  expect(await find({ input: { data: { image: {} }, ...done } })).toEqual(all);
  expect(await find({ input: { data: { image: {} } } }, { input: done })).toEqual([]);
  expect(await find({ input: { data: { text: {}, image: {} } } })).toEqual([...all, 'bad']);
  expect(await find({ input: { datasetIds: ['d1', 'none'] } })).toEqual(['i1', 'i2']);
  expect(await find({ input: { datasetIds: ['none'] } })).toEqual([]);
  expect(await find({ input: { datasetIds: ['d1'] } }, concepts('dog'))).toEqual(['i1']);
  expect(await find({ input: { datasetIds: ['d1'] }, negate: true }, concepts('dog'))).toEqual([
    'i3',
  ]);
  const gone = { ...place.at, ids: ['bad'] };
  expect((await platform.call('DeleteInputs', gone, ann)).status?.code).toBe(StatusCode.SUCCESS);
});

test.each([
  [{ keyname: 'value1' }, ['i1']],
  [{ somelist: [1, 2, 3] }, ['i1']],
  [{ somelist: [2, 1] }, ['i1']],
  [{ somenesting: { keyname2: 'value2' } }, ['i1']],
  [{ somenesting: { list2: [5] } }, ['i1']],
  [{ keyname: 'value' }, []],
  [{ somelist: [4] }, []],
  [{ keyname2: 'value2' }, []],
  [{ keyname: 'value1', n: 1 }, ['i1', 'i3']],
])('metadata that holds %j', async (wanted, expected) => {
  expect(await find(said({ data: { metadata: wanted } }))).toEqual(expected);
  expect(await find({ ...said({ data: { metadata: wanted } }), negate: true })).toEqual(
    all.filter((id) => !(expected as string[]).includes(id)),
  );
});

test('places within a circle, and within a box', async () => {
  const near = (type: string, value: number) =>
    said({
      data: { geo: { geoPoint: { latitude: 40, longitude: -29 }, geoLimit: { type, value } } },
    });
  expect(await find(near('withinKilometers', 100))).toEqual(['i2']);
  expect(await find(near('withinKilometers', 50))).toEqual([]);
  expect(await find(near('withinKilometers', 150))).toEqual(['i2', 'i4']);
  expect(await find(near('withinMiles', 60))).toEqual(['i2']);
  expect(await find(near('withinDegrees', 1))).toEqual(['i2']);
  expect(await find(near('withinRadians', 1 / 57.3))).toEqual(['i2']);
  const corner = (latitude: number, longitude: number) => ({ geoPoint: { latitude, longitude } });
  const within = (a: object, b: object) => said({ data: { geo: { geoBox: [a, b] } } });
  expect(await find(within(corner(41, -29), corner(39, -31)))).toEqual(['i2', 'i4']);
  expect(await find(within(corner(39, -31), corner(40.5, -29)))).toEqual(['i2']);
  expect(await find(within(corner(0, 0), corner(1, 1)))).toEqual([]);
});

test('by who made an annotation, its state, its own JSON and its shape', async () => {
  expect(await find(said({ userId: 'bob' }))).toEqual(['i3']);
  expect(await find(said({ userId: 'me' }))).toEqual(all);
  expect(await find(said({ status: { code: 24151 } }))).toEqual(['i3']);
  expect(await find(said({ annotationInfo: { k: { a: 1 } } }))).toEqual(['i5']);
  expect(await find(said({ annotationInfo: { k: { a: 2 } } }))).toEqual([]);
  const region = { regions: [{ regionInfo: { boundingBox: {} } }] };
  expect(await find(said({ data: region }))).toEqual(['i5']);
  expect(await find(said({ data: { regions: [{ regionInfo: { mask: {} } }] } }))).toEqual([]);
  expect(await find(said({ data: { regions: [{ trackId: 't1' }] } }))).toEqual(['i5']);
  expect(await find(said({ data: { frames: [{ frameInfo: {} }] } }))).toEqual(['i4']);
  expect(await find(said({ inputLevel: true, data: {} }))).toEqual(['i1', 'i2', 'i3', 'i4']);
  expect(await find({ lastUpdatedTimeRange: { endTime: { seconds: 1n } } })).toEqual([]);
  expect(await find({ lastUpdatedTimeRange: { startTime: { seconds: 1n } } })).toEqual(all);
});

test('of annotations all filters ask of one and the same', async () => {
  expect((await findAnnotations(concepts('fox'))).map(([, id]) => id)).toEqual([
    'framed',
    'pending',
  ]);
  expect(await findAnnotations(concepts('fox'), said({ userId: 'bob' }))).toEqual([
    ['i3', 'pending'],
  ]);
  expect(await findAnnotations(concepts('fox'), concepts('deer'))).toEqual([]);
  expect(await find(concepts('fox'), concepts('deer'))).toEqual(['i3']);
  const notBob = { ...said({ userId: 'bob' }), negate: true };
  expect(await findAnnotations(concepts('fox'), notBob)).toEqual([['i4', 'framed']]);
  const inData = said({ data: { metadata: { keyname: 'other' } } });
  expect(await findAnnotations(concepts('dog'), inData)).toMatchObject([
    ['i3', expect.any(String)],
  ]);
});

test('an annotation search that says nothing of annotations finds each input once', async () => {
  const found = await findAnnotations(said({ data: { metadata: { keyname: 'value1' } } }));
  expect(found).toEqual([['i1', expect.stringMatching(/.+/)]]);
  expect((await findAnnotations({ ...concepts('dog'), negate: true })).map(([id]) => id)).toEqual([
    'i2',
    'i4',
    'i5',
  ]);
});

test('a hit is a whole input, with the annotation that the filter speaks of', async () => {
  const request = { ...place.at, searches: [{ query: { filters: [concepts('horse')] } }] };
  const { hits, id, searches } = await platform.call('PostInputsSearches', request, ann);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(searches[0]?.query?.filters).toHaveLength(1);
  expect(hits).toMatchObject([
    {
      score: 1,
      userId: 'ann',
      appId: 'zoo',
      input: { id: 'i5', data: { text: { raw: 'text of i5' } }, status: { code: 30000 } },
      annotation: { id: 'boxed', data: { regions: [{ trackId: 't1' }] } },
    },
  ]);
});

test('the older form', async () => {
  const legacy = async (query: QueryInit) =>
    (await platform.call('PostSearches', { ...place.at, query }, ann)).hits.map(
      ({ input }) => input?.id,
    );
  expect(await legacy({ ands: [{ input: { data: labels('dog') } }] })).toEqual(['i1', 'i3']);
  expect(
    await legacy({
      ands: [{ input: { data: labels('dog') } }, { input: { data: labels('deer') }, negate: true }],
    }),
  ).toEqual(['i1']);
  expect(await legacy({ ands: [{ input: { data: { metadata: { n: 1 } } } }] })).toEqual(['i3']);
  expect(await legacy({ ands: [{ annotation: { userId: 'bob' } }] })).toEqual(['i3']);
  const inside = { ...place.at, searches: [{ query: { filters: [concepts('cat')] } }] };
  const answer = await platform.call('PostSearches', inside, ann);
  expect(answer.hits.map(({ input }) => input?.id)).toEqual(['i4']);
});

test('pages, and no page beyond the ceiling', async () => {
  const page = async (pagination: object) => {
    const request = { ...place.at, searches: [{}], pagination };
    return await platform.call('PostInputsSearches', request, ann);
  };
  const ids = (answer: Awaited<ReturnType<typeof page>>) =>
    answer.hits.map(({ input }) => input?.id);
  expect(ids(await page({ page: 1, perPage: 2 }))).toEqual(['i1', 'i2']);
  expect(ids(await page({ page: 3, perPage: 2 }))).toEqual(['i5']);
  const beyond = await page({ page: 4, perPage: 2 });
  expect(beyond.status?.code).toBe(StatusCode.SUCCESS);
  expect(beyond.hits).toEqual([]);
  const tooFar = await page({ page: 11, perPage: 1000 });
  expect(tooFar.status?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect(tooFar.status?.details).toContain('page * perPage cannot exceed');
  expect((await page({ page: 1, perPage: 1001 })).status?.details).toContain(
    'per_page cannot exceed',
  );
});

test('hits are counted without being fetched', async () => {
  const searches = [
    {},
    { query: { filters: [concepts('dog')] } },
    { query: { filters: [concepts('none')] } },
  ];
  const answer = await platform.call(
    'PostInputsSearches',
    { ...place.at, searches, onlyCount: true },
    ann,
  );
  expect(answer.hits).toEqual([]);
  expect(answer.hitCounts.map(({ estimatedTotal }) => estimatedTotal)).toEqual([5n, 2n, 0n]);
});

test('what can not be searched is refused', async () => {
  const ask = async (searches: object[]) =>
    (await platform.call('PostInputsSearches', { ...place.at, searches } as never, ann)).status;
  expect((await ask([]))?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect((await ask([{}, {}]))?.details).toContain('one search');
  expect((await ask([{ id: 'saved' }]))?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await ask([{ asOf: { seconds: 1n } }]))?.code).toBe(10040);
  expect((await ask([{ algorithm: 'magic' }]))?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
});

test('strangers may search a public app, among public datasets', async () => {
  const ask = async (datasetIds: string[], as = bob) => {
    const request = {
      ...place.at,
      searches: [{ query: { filters: [{ input: { datasetIds } }] } }],
    };
    return (await platform.call('PostInputsSearches', request, as)).hits.map(
      ({ input }) => input?.id,
    );
  };
  expect(await ask(['open'])).toEqual(['i2']);
  expect(await ask(['d1'])).toEqual([]);
  const hidden = await openPlace(platform, ann, 'hidden');
  const answer = await platform.call('PostInputsSearches', { ...hidden.at, searches: [{}] }, bob);
  expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('searching adds nothing to the vocabulary', async () => {
  const before = await platform.call('ListConcepts', place.at, ann);
  await find(concepts('never-heard'));
  expect((await platform.call('ListConcepts', place.at, ann)).concepts.length).toBe(
    before.concepts.length,
  );
});
