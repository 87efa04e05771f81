import { lockedBefore } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { type AnnotationFilterSchema, type MessageInitShape, StatusCode } from '@limpid/wire';
import { beforeAll, expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const app = { userAppId: { userId: 'ann', appId: 'pets' } };

type FilterInit = MessageInitShape<typeof AnnotationFilterSchema>;
const byAnn = { filters: [{ annotation: { userId: 'ann', annotationInfo: { k: 1, l: [2] } } }] };
const byBob = { filters: [{ annotation: { userId: 'bob' } }] };
const ranked = { ranks: [{ annotation: { data: { concepts: [{ id: 'cat', value: 1 }] } } }] };

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'pets', visibility: { gettable: 50 } }] }, ann);
  await save({ id: 'by-ann', query: byAnn }, { id: 'ranked', query: ranked });
});

async function save(...searches: object[]) {
  const saved = searches.map((search) => ({ ...search, save: true }));
  const request = { ...app, searches: saved } as never;
  const answer = await platform.call('PostAnnotationsSearches', request, ann);
  expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
}

const post = (annotationFilters: FilterInit[], as = ann) =>
  platform.call('PostAnnotationFilters', { ...app, annotationFilters }, as);
const patch = (annotationFilters: FilterInit[], action = 'overwrite') =>
  platform.call('PatchAnnotationFilters', { ...app, annotationFilters, action }, ann);
const get = (annotationFilterId: string, as = ann) =>
  platform.call('GetAnnotationFilter', { ...app, annotationFilterId }, as);
const list = async (page: object = {}, as = ann) =>
  (await platform.call('ListAnnotationFilters', { ...app, ...page }, as)).annotationFilters.map(
    ({ id }) => id,
  );
const remove = (...annotationFilterIds: string[]) =>
  platform.call('DeleteAnnotationFilters', { ...app, annotationFilterIds }, ann);
const forget = (id: string) => platform.call('DeleteSearch', { ...app, id }, ann);

test('a filter holds a search that was saved before, whole', async () => {
  const made = await post([{ id: 'train', search: { id: 'by-ann' } }]);
  expect(made.status?.code, made.status?.details).toBe(StatusCode.SUCCESS);
  const saved = await platform.call('GetSearch', { ...app, id: 'by-ann' }, ann);
  expect(made.annotationFilters[0]).toMatchObject({ id: 'train', appId: 'pets', userId: 'ann' });
  expect(made.annotationFilters[0]?.search).toEqual(saved.search);
  expect((await get('train')).annotationFilter).toEqual(made.annotationFilters[0]);
  const held = await forget('by-ann');
  expect(held.status?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect(held.status?.details).toContain('still holds');
  expect((await remove('train')).status?.code).toBe(StatusCode.SUCCESS);
  expect((await get('train')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await platform.call('GetSearch', { ...app, id: 'by-ann' }, ann)).search?.id).toBe(
    'by-ann',
  );
});

test('a search that comes with a filter is saved with it', async () => {
  const made = await post([
    { id: 'named', search: { id: 'fresh', name: 'Fresh', query: byBob } },
    { search: { query: byBob } },
  ]);
  const [named, nameless] = made.annotationFilters;
  expect(named?.search).toMatchObject({ id: 'fresh', name: 'Fresh', applicationId: 'pets' });
  expect(nameless?.id).toMatch(/^[0-9a-f]{32}$/);
  for (const id of ['fresh', nameless?.search?.id ?? '']) {
    const { search } = await platform.call('GetSearch', { ...app, id }, ann);
    expect(search?.query?.filters[0]?.annotation?.userId).toBe('bob');
  }
  await remove('named', nameless?.id ?? '');
});

test('what can not be held is refused, all or none', async () => {
  await post([{ id: 'taken', search: { id: 'by-ann' } }]);
  const details = async (...filters: FilterInit[]) => (await post(filters)).status?.details;
  const good = { id: 'good', search: { id: 'by-ann' } };
  expect(await details()).toContain('1 to 128');
  expect(await details(good, { id: 'x' })).toContain('annotation_filters[1].search is missing');
  expect(await details(good, { search: { id: 'none' } })).toContain("'none' does not exist");
  expect(await details(good, { search: { id: 'ranked' } })).toContain('and not rank');
  expect(await details(good, { search: { query: ranked } })).toContain('and not rank');
  expect(await details(good, { search: { id: 'by-ann', query: byBob } })).toContain(
    'another query',
  );
  expect(await details(good, { ...good, id: 'taken' })).toContain("ID 'taken' already exists");
  expect(await details(good, good)).toContain("ID 'good' already exists");
  expect(await details(good, { ...good, id: 'no spaces' })).toContain('not a valid');
  const wrong = { search: { query: {}, algorithm: 'magic' } };
  expect((await post([good, wrong])).status?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect(await list()).toEqual(['taken']);
  await remove('taken');
});

test('a patch gives a filter another search, and takes a whole filter back as it is', async () => {
  await post([
    { id: 'a', search: { id: 'by-ann' } },
    { id: 'b', search: { query: byBob } },
  ]);
  const [before] = (await post([{ id: 'c', search: { id: 'by-ann' } }])).annotationFilters;
  const same = await patch([before ?? {}]);
  expect(same.status?.code, same.status?.details).toBe(StatusCode.SUCCESS);
  expect(same.annotationFilters[0]?.search).toEqual(before?.search);
  const changed = await patch([{ id: 'a', search: { query: byBob } }]);
  const held = changed.annotationFilters[0]?.search;
  expect(held?.id).toMatch(/^[0-9a-f]{32}$/);
  expect((await get('a')).annotationFilter?.search?.query).toEqual(held?.query);
  const swapped = await patch([{ id: 'b', search: { id: 'by-ann' } }, { id: 'a' }]);
  expect(swapped.annotationFilters.map(({ search }) => search?.id)).toEqual(['by-ann', held?.id]);
  const missing = await patch([{ id: 'b', search: { query: byBob } }, { id: 'none' }]);
  expect(missing.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await get('b')).annotationFilter?.search?.id).toBe('by-ann');
  expect((await patch([{ id: 'a' }], 'merge')).status?.details).toContain(
    "Unrecognized action 'merge'",
  );
  expect((await patch([])).status?.details).toContain('empty');
  await remove('a', 'b', 'c');
});

test('filters come in their order by pages, and go all or none', async () => {
  const search = { id: 'by-ann' };
  await post(['z', 'y', 'x'].map((id) => ({ id, search })));
  expect(await list({ page: 1, perPage: 2 })).toEqual(['z', 'y']);
  expect(await list({ page: 2, perPage: 2 })).toEqual(['x']);
  expect(await list({ page: 3, perPage: 2 })).toEqual([]);
  expect((await remove('z', 'none')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await remove()).status?.code).toBe(StatusCode.SUCCESS);
  expect(await list()).toEqual(['z', 'y', 'x']);
  await remove('x', 'y', 'z');
});

test('strangers see filters whose search is public, and change none', async () => {
  await save({ id: 'shown', query: byAnn, visibility: { gettable: 50 } });
  await post([
    { id: 'open', search: { id: 'shown' } },
    { id: 'closed', search: { id: 'by-ann' } },
  ]);
  expect(await list({}, bob)).toEqual(['open']);
  expect((await get('closed', bob)).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await post([{ search: { id: 'shown' } }], bob)).status?.code).toBe(
    StatusCode.CONN_INSUFFICIENT_SCOPES,
  );
  await remove('open', 'closed');
});

test('patches of the same filters take them in one order, whatever theirs', async () => {
  await post(['first', 'second'].map((id) => ({ id, search: { query: byAnn } })));
  const patches = ['second', 'first'].map((id) => ({ id, search: { id: 'by-ann' } }));
  const locked = await lockedBefore(platform.deps.db, 'annotation_filters', 'first', async () => {
    expect((await patch(patches)).annotationFilters).toMatchObject(patches);
  });
  expect(locked).toEqual([]);
  await remove('first', 'second');
});
