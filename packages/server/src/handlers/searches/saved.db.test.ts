import { lockedBefore } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { type MultiSearchResponse, StatusCode } from '@limpid/wire';
import { beforeAll, expect, test } from 'vitest';
import { labels, openPlace, type Place, type SearchInit, text } from './testing/place.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
let place: Place;
let other: Place;

beforeAll(async () => {
  place = await openPlace(platform, ann, 'zoo', { visibility: { gettable: 50 } });
  other = await openPlace(platform, ann, 'other');
  await place.post(
    text('i1', labels('dog')),
    text('i2', labels('cat')),
    text('i3', labels('dog', 'cat')),
    text('i4'),
  );
  await place.annotate({ id: 'by-hand', inputId: 'i4', data: labels('dog') });
  const space = await place.addSpace('embedder', 'text-embedder');
  await place.embed(space, 'i1', [1, 0]);
  await place.embed(space, 'i2', [0, 1]);
  await place.embed(space, 'i3', [0.8, 0.6]);
});

type Kind = 'PostSearches' | 'PostInputsSearches' | 'PostAnnotationsSearches';
const ask = (kind: Kind, searches: SearchInit[], as: { pat: string } | string = ann) =>
  platform.call(kind, { ...place.at, searches } as never, as);

async function save(kind: Kind, ...searches: SearchInit[]): Promise<MultiSearchResponse> {
  const answer = await ask(
    kind,
    searches.map((search) => ({ ...search, save: true })),
  );
  expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
  return answer;
}

const get = (id: string, as = ann) => platform.call('GetSearch', { ...place.at, id }, as);
const runById = (id: string, pagination?: object, as = ann) =>
  platform.call('PostSearchesByID', { ...place.at, id, pagination } as never, as);
const remove = (id: string, as = ann) => platform.call('DeleteSearch', { ...place.at, id }, as);

const found = ({ hits }: MultiSearchResponse) =>
  hits.map(({ input, annotation, score }) => [input?.id, annotation?.id, score]);
const dogs = { filters: [{ annotation: { data: labels('dog') } }] };

test('a saved search is kept as it was sent, and is not run', async () => {
  const sent = {
    id: 'dogs',
    name: 'All dogs',
    algorithm: 'brute_force',
    minValue: 0.25,
    metric: 2,
  };
  const made = await save('PostInputsSearches', { ...sent, query: dogs });
  expect(made.hits).toEqual([]);
  const expected = { ...sent, applicationId: 'zoo', visibility: { gettable: 10 } };
  expect(made.searches).toMatchObject([expected]);
  const got = await get('dogs');
  expect(got.search).toEqual(made.searches[0]);
  expect(got.search?.save).toBe(false);
  expect(got.search?.query?.filters[0]?.annotation?.data?.concepts[0]?.id).toBe('dog');
  expect(got.search?.createdAt).toBeDefined();
  expect((await remove('dogs')).status?.code).toBe(StatusCode.SUCCESS);
  expect((await get('dogs')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await remove('dogs')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

const near = { ranks: [{ annotation: { data: { embeddings: [{ vector: [1, 0] }] } } }] };
const ands = [{ output: { data: labels('cat') } }];
const kinds: [string, Kind, SearchInit, number][] = [
  ['a filter', 'PostInputsSearches', { query: dogs }, 3],
  ['a rank over a threshold', 'PostInputsSearches', { query: near, minValue: 0.6 }, 2],
  ['ranks of concepts', 'PostInputsSearches', { query: { ranks: dogs.filters } }, 3],
  ['annotations', 'PostAnnotationsSearches', { query: dogs }, 3],
  ['the older form', 'PostSearches', { query: { ands } }, 2],
];

test.each(kinds)('%s: saved it answers as unsaved', async (_, kind, search, count) => {
  const { searches } = await save(kind, search);
  const id = searches[0]?.id ?? '';
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  const now = await ask(kind, [search]);
  expect(now.hits).toHaveLength(count);
  const later = await runById(id);
  expect(later.status?.code).toBe(StatusCode.SUCCESS);
  expect(found(later)).toEqual(found(now));
  expect(later.searches[0]?.id).toBe(id);
  // Named without a query, in the call for searches.
  expect(found(await ask(kind, [{ id }]))).toEqual(found(now));
  const second = await runById(id, { page: 2, perPage: 1 });
  expect(found(second)).toEqual(found(now).slice(1, 2));
  await remove(id);
});

test('who saved it is not who I am when I run it', async () => {
  const mine = { filters: [{ annotation: { userId: 'me', data: labels('dog') } }] };
  await save('PostInputsSearches', { id: 'mine', query: mine, visibility: { gettable: 50 } });
  expect((await runById('mine')).hits).toHaveLength(3);
  const foreign = await runById('mine', undefined, bob);
  expect(foreign.status?.code).toBe(StatusCode.SUCCESS);
  expect(foreign.hits).toEqual([]);
  await remove('mine');
});

test('hits of saved searches are counted, and added to a dataset', async () => {
  await save('PostInputsSearches', { id: 'd', query: dogs });
  const counted = await platform.call(
    'PostInputsSearches',
    { ...place.at, searches: [{ id: 'd' }, {}], onlyCount: true },
    ann,
  );
  expect(counted.hitCounts.map(({ estimatedTotal }) => estimatedTotal)).toEqual([3n, 4n]);
  await platform.call('PostDatasets', { ...place.at, datasets: [{ id: 'of-dogs' }] }, ann);
  const at = { ...place.at, datasetId: 'of-dogs' };
  const added = await platform.call('PostDatasetInputs', { ...at, search: { id: 'd' } }, ann);
  expect(added.status?.code, added.status?.details).toBe(StatusCode.SUCCESS);
  const members = await platform.call('ListDatasetInputs', at, ann);
  expect(members.datasetInputs.map(({ input }) => input?.id)).toEqual(['i1', 'i3', 'i4']);
  await remove('d');
});

test('several are saved at once, all or none, and listed in their order by pages', async () => {
  await save('PostInputsSearches', { id: 'b' }, { id: 'a' });
  await save('PostAnnotationsSearches', { id: 'c', query: dogs });
  const refused = async (...searches: SearchInit[]) =>
    (await ask('PostInputsSearches', searches)).status?.details;
  expect(await refused({ id: 'new', save: true }, { id: 'a', save: true })).toContain(
    "ID 'a' already exists",
  );
  expect(await refused({ id: 'x', save: true }, { id: 'x', save: true })).toContain('exists');
  expect(await refused({ id: 'x', save: true }, { id: 'y' })).toContain('or none');
  expect(await refused({ id: 'no spaces', save: true })).toContain('not a valid search id');
  const list = async (page: number, perPage: number) =>
    (await platform.call('ListSearches', { ...place.at, page, perPage }, ann)).searches;
  expect((await list(0, 0)).map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  expect((await list(2, 2)).map(({ id }) => id)).toEqual(['c']);
  const beyond = await platform.call('ListSearches', { ...place.at, page: 9 }, ann);
  expect(beyond.status?.code).toBe(StatusCode.SUCCESS);
  expect(beyond.searches).toEqual([]);
  expect((await platform.call('ListSearches', other.at, ann)).searches).toEqual([]);
  for (const id of ['a', 'b', 'c']) await remove(id);
});

test('what could not be run is not saved', async () => {
  const refused = async (search: SearchInit) =>
    (await ask('PostInputsSearches', [{ ...search, id: 'bad', save: true }])).status?.code;
  expect(await refused({ algorithm: 'magic' })).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect(await refused({ minValue: 2 })).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect(await refused({ asOf: { seconds: 1n } })).toBe(10040);
  const base64 = new Uint8Array(4 * 1024 * 1024);
  const large = { ranks: [{ annotation: { data: { image: { base64 } } } }] };
  expect(await refused({ query: large })).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect((await get('bad')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('pictures are kept with the search, and left out where many are listed', async () => {
  const base64 = Uint8Array.from([1, 2, 3]);
  const query = { ranks: [{ annotation: { data: { image: { base64 } } } }] };
  await save('PostInputsSearches', { id: 'pic', query });
  const bytesOf = (search: MultiSearchResponse['searches'][number] | undefined) =>
    search?.query?.ranks[0]?.annotation?.data?.image?.base64;
  expect(bytesOf((await get('pic')).search)).toEqual(base64);
  const [listed] = (await platform.call('ListSearches', place.at, ann)).searches;
  expect(bytesOf(listed)).toEqual(new Uint8Array());
  await remove('pic');
});

test('a patch overwrites what it carries, in searches of its kind', async () => {
  await save('PostInputsSearches', { id: 'p', name: 'before', query: dogs });
  await save('PostAnnotationsSearches', { id: 'q', query: dogs });
  type Patch = 'PatchSearches' | 'PatchInputsSearches' | 'PatchAnnotationsSearches';
  const patch = (rpc: Patch, action: string, ...searches: SearchInit[]) =>
    platform.call(rpc, { ...place.at, action, searches } as never, ann);
  const cats = { filters: [{ annotation: { data: labels('cat') } }] };
  const before = (await get('p')).search;
  const named = await patch('PatchInputsSearches', 'overwrite', { id: 'p', name: 'after' });
  expect(named.searches[0]).toMatchObject({ id: 'p', name: 'after', query: before?.query });
  expect(named.searches[0]?.createdAt).toEqual(before?.createdAt);
  await patch('PatchSearches', 'overwrite', { id: 'p', query: cats }, { id: 'q', query: cats });
  expect(found(await runById('p')).map(([id]) => id)).toEqual(['i2', 'i3']);
  expect((await runById('q')).hits).toHaveLength(2);
  const codes = [
    await patch('PatchInputsSearches', 'overwrite', { id: 'p', name: 'x' }, { id: 'q', name: 'x' }),
    await patch('PatchAnnotationsSearches', 'overwrite', { id: 'p', name: 'x' }),
    await patch('PatchSearches', 'overwrite', { id: 'none', name: 'x' }),
  ].map(({ status }) => status?.code);
  expect(codes).toEqual(Array.from({ length: 3 }, () => StatusCode.CONN_DOES_NOT_EXIST));
  expect((await get('p')).search?.name).toBe('after');
  const merged = await patch('PatchSearches', 'merge', { id: 'p', name: 'x' });
  expect(merged.status?.details).toContain("Unrecognized action 'merge'");
  const wrong = await patch('PatchSearches', 'overwrite', { id: 'p', algorithm: 'magic' });
  expect(wrong.status?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect((await patch('PatchSearches', 'overwrite')).status?.details).toContain('empty');
  const done = await patch('PatchAnnotationsSearches', 'overwrite', { id: 'q', minValue: 0.5 });
  expect(done.searches[0]?.minValue).toBe(0.5);
  for (const id of ['p', 'q']) await remove(id);
});

test('patches of one search at once lose nothing of each other', async () => {
  await save('PostInputsSearches', { id: 'busy', query: dogs });
  const patch = (search: SearchInit) =>
    platform.call(
      'PatchSearches',
      { ...place.at, action: 'overwrite', searches: [{ id: 'busy', ...search }] } as never,
      ann,
    );
  for (let round = 1; round <= 5; round++) {
    await Promise.all([patch({ name: `n${round}` }), patch({ minValue: round / 8 })]);
    expect((await get('busy')).search).toMatchObject({ name: `n${round}`, minValue: round / 8 });
  }
  await remove('busy');
});

test('patches of the same searches take them in one order, whatever theirs', async () => {
  for (const id of ['first', 'second']) await save('PostInputsSearches', { id, query: dogs });
  const patches = ['second', 'first'].map((id) => ({ id, name: 'patched' }));
  const locked = await lockedBefore(platform.deps.db, 'searches', 'first', async () => {
    const request = { ...place.at, searches: patches, action: 'overwrite' };
    const answer = await platform.call('PatchSearches', request, ann);
    expect(answer.searches).toMatchObject(patches);
  });
  expect(locked).toEqual([]);
  for (const id of ['first', 'second']) await remove(id);
});

test('strangers run what is public and change nothing', async () => {
  await save('PostInputsSearches', { id: 'shown', query: dogs, visibility: { gettable: 50 } });
  await save('PostInputsSearches', { id: 'hidden', query: dogs });
  const listed = await platform.call('ListSearches', place.at, bob);
  expect(listed.searches.map(({ id }) => id)).toEqual(['shown']);
  expect((await runById('shown', undefined, bob)).hits).toHaveLength(3);
  expect((await runById('hidden', undefined, bob)).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );
  expect((await get('hidden', bob)).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const denied = [
    await ask('PostInputsSearches', [{ id: 'theirs', save: true }], bob),
    await remove('shown', bob),
    await platform.call('PatchSearches', { ...place.at, searches: [{ id: 'shown' }] }, bob),
  ].map(({ status }) => status?.code);
  expect(denied).toEqual(Array.from({ length: 3 }, () => StatusCode.CONN_INSUFFICIENT_SCOPES));
  for (const id of ['shown', 'hidden']) await remove(id);
});

test('a key that may only search saves nothing', async () => {
  const scopes = ['Search', '/clarifai.api.V2/PostInputsSearches'];
  const made = await platform.call('PostKeys', { keys: [{ scopes }] }, ann);
  const key = made.keys[0]?.id ?? '';
  expect((await ask('PostInputsSearches', [{}], key)).status?.code).toBe(StatusCode.SUCCESS);
  const answer = await ask('PostInputsSearches', [{ save: true }], key);
  expect(answer.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
  expect(answer.status?.details).toContain('SavedSearch:Add');
});
