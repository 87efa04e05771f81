import { meanwhile } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import {
  type DatasetVersionSchema,
  type MessageInitShape,
  type MultiDatasetResponse,
  StatusCode,
} from '@limpid/wire';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { labels, openPlace, type Place, text } from '../searches/testing/place.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
await platform.addUser('bob');
let place: Place;

type VersionInit = MessageInitShape<typeof DatasetVersionSchema>;
const by = (userId: string) => ({ query: { filters: [{ annotation: { userId } }] } });
const REVIEW_DENIED = StatusCode.ANNOTATION_REVIEW_DENIED;

beforeAll(async () => {
  place = await openPlace(platform, ann, 'pets');
  await platform.call('PostDatasets', { ...place.at, datasets: [{ id: 'd' }] }, ann);
  await place.post(
    ...['i1', 'i2', 'i3'].map((id) => ({ ...text(id), datasetIds: ['d'] })),
    text('outside'),
  );
  await place.annotate(
    { id: 'a1', inputId: 'i1', userId: 'ann', data: labels('dog') },
    { id: 'b1', inputId: 'i1', userId: 'bob', data: labels('wolf') },
    { id: 'b2', inputId: 'i2', userId: 'bob', data: labels('cat') },
    { id: 'turned-down', inputId: 'i2', data: labels('fish'), status: { code: REVIEW_DENIED } },
    { id: 'elsewhere', inputId: 'outside', userId: 'bob', data: labels('dog') },
  );
  const model = await place.addSpace('namer', 'visual-classifier');
  await place.predict(model, 'i3', { zebra: 0.9 });
  const annotationFilters = [
    { id: 'of-ann', search: { id: 'search-ann', ...by('ann') } },
    { id: 'of-bob', search: by('bob') },
    { id: 'mine', search: by('me') },
  ];
  const made = await platform.call(
    'PostAnnotationFilters',
    { ...place.at, annotationFilters },
    ann,
  );
  expect(made.status?.code, made.status?.details).toBe(StatusCode.SUCCESS);
});

async function post(version: VersionInit) {
  const at = { ...place.at, datasetId: 'd' };
  const answer = await platform.call(
    'PostDatasetVersions',
    { ...at, datasetVersions: [version] },
    ann,
  );
  expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
  return answer.datasetVersions[0];
}

const filtered = (annotationFilter: object, ignoreEmptyInputs = false): VersionInit => ({
  dataConfig: {
    case: 'annotationFilterConfig',
    value: { annotationFilter, ignoreEmptyInputs },
  },
});

/** What is in a version: input → the annotations that it has there, but for the empty ones of whole inputs. */
async function contentOf(id: string) {
  await platform.drain();
  const { rows } = await sql<{ input_id: string; body: { annotations: { id: string }[] } }>`
    select s.input_id, s.body from dataset_version_inputs s join dataset_versions v on v.key = s.version_key
    where v.id = ${id} order by s.ordinal`.execute(platform.deps.db);
  const named = new Set(['a1', 'b1', 'b2', 'turned-down']);
  return rows.map(({ input_id, body }) => [
    input_id,
    ...body.annotations.map((one) => one.id).filter((one) => named.has(one) || /^p-/.test(one)),
  ]);
}

async function made(version: VersionInit) {
  const { id = '' } = (await post(version)) ?? {};
  return await contentOf(id);
}

test('the same inputs make two versions, one with each labeller', async () => {
  expect(await made(filtered({ id: 'of-ann' }))).toEqual([['i1', 'a1'], ['i2'], ['i3']]);
  expect(await made(filtered({ id: 'of-bob' }))).toEqual([['i1', 'b1'], ['i2', 'b2'], ['i3']]);
  expect(await made(filtered({ id: 'of-bob' }, true))).toEqual([
    ['i1', 'b1'],
    ['i2', 'b2'],
  ]);
  expect(await made(filtered({ id: 'mine' }))).toEqual([['i1', 'a1'], ['i2'], ['i3']]);
  expect(await made({})).toEqual([['i1', 'a1', 'b1'], ['i2', 'b2'], ['i3']]);
});

test('concepts of a filter stand for what they stand for in a search', async () => {
  const relation = { predicate: 'hypernym', objectConcept: { id: 'wolf' } };
  await platform.call('PostConcepts', { ...place.at, concepts: [{ id: 'canine' }] }, ann);
  await platform.call(
    'PostConceptRelations',
    { ...place.at, conceptId: 'canine', conceptRelations: [relation] },
    ann,
  );
  const query = { filters: [{ annotation: { data: labels('canine') } }] };
  expect(await made(filtered({ search: { query } }, true))).toEqual([['i1', 'b1']]);
});

test('a filter may ask for what models said, and for what was turned down', async () => {
  const said = { query: { filters: [{ annotation: { modelVersionId: 'namer-v1' } }] } };
  const [of3] = await made(filtered({ search: said }, true));
  expect(of3?.[0]).toBe('i3');
  expect(of3?.[1]).toMatch(/^p-/);
  const denied = { query: { filters: [{ annotation: { status: { code: REVIEW_DENIED } } }] } };
  expect(await made(filtered({ search: denied }, true))).toEqual([['i2', 'turned-down']]);
  const not = {
    query: { filters: [{ negate: true, annotation: { status: { code: REVIEW_DENIED } } }] },
  };
  expect(await made(filtered({ search: not }))).toEqual([['i1', 'a1', 'b1'], ['i2', 'b2'], ['i3']]);
});

test('a version keeps the search that it was asked for with', async () => {
  const version = await post(filtered({ id: 'of-ann' }));
  const config = version?.dataConfig;
  const filter =
    config?.case === 'annotationFilterConfig' ? config.value.annotationFilter : undefined;
  expect(filter).toMatchObject({ id: 'of-ann', search: { id: 'search-ann' } });
  expect(filter?.search?.query?.filters[0]?.annotation?.userId).toBe('ann');
  // Before the version is made the search is changed.
  const patched = await platform.call(
    'PatchSearches',
    { ...place.at, action: 'overwrite', searches: [{ id: 'search-ann', ...by('bob') }] },
    ann,
  );
  expect(patched.status?.code).toBe(StatusCode.SUCCESS);
  expect(await contentOf(version?.id ?? '')).toEqual([['i1', 'a1'], ['i2'], ['i3']]);
  expect(await made(filtered({ id: 'of-ann' }, true))).toEqual([
    ['i1', 'b1'],
    ['i2', 'b2'],
  ]);
});

test('a dataset has a default filter, which a version may leave aside', async () => {
  const patch = async (defaultAnnotationFilter: object) => {
    const datasets = [{ id: 'd', defaultAnnotationFilter }];
    const answer = await platform.call(
      'PatchDatasets',
      { ...place.at, datasets, action: 'overwrite' },
      ann,
    );
    return { status: answer.status, filter: answer.datasets[0]?.defaultAnnotationFilter };
  };
  expect((await patch({ id: 'none' })).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await patch({ search: by('bob') })).status?.details).toContain('make the annotation');
  expect((await patch({ id: 'mine' })).filter).toMatchObject({ id: 'mine', appId: 'pets' });
  expect(await made({})).toEqual([['i1', 'a1'], ['i2'], ['i3']]);
  expect(await made(filtered({}))).toEqual([['i1', 'a1', 'b1'], ['i2', 'b2'], ['i3']]);
  expect((await patch({})).filter).toBeUndefined();
  await patch({ id: 'mine' });
  const gone = { ...place.at, annotationFilterIds: ['mine'] };
  await platform.call('DeleteAnnotationFilters', gone, ann);
  const { dataset } = await platform.call('GetDataset', { ...place.at, datasetId: 'd' }, ann);
  expect(dataset?.defaultAnnotationFilter).toBeUndefined();
  expect(await made({})).toEqual([['i1', 'a1', 'b1'], ['i2', 'b2'], ['i3']]);
});

test('a dataset is made with a default filter', async () => {
  const request = (id: string) => ({
    ...place.at,
    datasets: [{ id: `with-${id}`, defaultAnnotationFilter: { id } }],
  });
  const answer = await platform.call('PostDatasets', request('of-bob'), ann);
  expect(answer.datasets[0]?.defaultAnnotationFilter?.id).toBe('of-bob');
  expect((await platform.call('PostDatasets', request('none'), ann)).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );
});

test('a filter that is deleted while a dataset takes it does not exist', async () => {
  const { db } = platform.deps;
  const datasets = [{ id: 'late', defaultAnnotationFilter: { id: 'fleeting' } }];
  const racing = async (make: () => Promise<MultiDatasetResponse>) => {
    const annotationFilters = [{ id: 'fleeting', search: by('ann') }];
    await platform.call('PostAnnotationFilters', { ...place.at, annotationFilters }, ann);
    const answer = await meanwhile(
      db,
      (tx) => sql`delete from annotation_filters where id = 'fleeting'`.execute(tx),
      make,
    );
    expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
    expect(answer.status?.details).toBe("Annotation filter 'fleeting' does not exist");
  };
  await racing(() => platform.call('PostDatasets', { ...place.at, datasets }, ann));
  const plain = [{ id: 'late' }];
  const made = await platform.call('PostDatasets', { ...place.at, datasets: plain }, ann);
  expect(made.status?.code, made.status?.details).toBe(StatusCode.SUCCESS);
  const patch = { ...place.at, datasets, action: 'overwrite' };
  await racing(() => platform.call('PatchDatasets', patch, ann));
  const after = await platform.call('GetDataset', { ...place.at, datasetId: 'late' }, ann);
  expect(after.dataset?.defaultAnnotationFilter).toBeUndefined();
});
