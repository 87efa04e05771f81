import { lockedBefore } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { seedCatalogue } from '../../seed/seed-catalogue.ts';
import type { SeedModel } from '../../seed/types.ts';

const seeded: SeedModel = {
  id: 'general-image-recognition',
  title: 'General Image Recognition',
  modelTypeId: 'visual-classifier',
  description: 'Names what a picture shows',
  notes: '',
  metadata: {},
  useCases: [],
  license: 'Apache-2.0',
  creator: 'Somebody',
  versions: ['aa7f35c01e0642fda5cf400f543e7c40', 'aa9ca48295b37401f8af92ad1af0d91d'],
  aliases: ['aaa03c23b3724a16a56b629203edc62c'],
  concepts: [
    { id: 'ai_1', name: 'zebra' },
    { id: 'ai_2', name: 'dog' },
    { id: 'ai_3', name: 'cat' },
  ],
  featuredOrder: 2,
};

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
await seedCatalogue(platform.deps, { models: [seeded], workflows: [] });
await platform.call(
  'PostApps',
  { apps: [{ id: 'a' }, { id: 'open', visibility: { gettable: 50 } }] },
  ann,
);
const at = (userId: string, appId: string) => ({ userAppId: { userId, appId } });
const inA = at('ann', 'a');

async function appKey(): Promise<string> {
  const request = { keys: [{ scopes: ['All'], apps: [{ id: 'a' }] }] };
  return (await platform.call('PostKeys', request, ann)).keys[0]?.id ?? '';
}

test('a model is made without a version and read back', async () => {
  const made = await platform.call(
    'PostModels',
    { ...inA, models: [{ id: 'm1', description: 'mine', metadata: { a: [1] }, toolkits: ['x'] }] },
    ann,
  );
  expect(made.model).toMatchObject({
    id: 'm1',
    name: 'm1',
    appId: 'a',
    userId: 'ann',
    modelTypeId: 'embedding-classifier',
    metadata: { a: [1] },
  });
  expect(made.model?.modelVersion).toBeUndefined();
  const got = await platform.call('GetModel', { ...inA, modelId: 'm1' }, ann);
  expect(got.model).toEqual(made.model);
  const versions = await platform.call('ListModelVersions', { ...inA, modelId: 'm1' }, ann);
  expect(versions.status?.code).toBe(StatusCode.SUCCESS);
  expect(versions.modelVersions).toEqual([]);
});

test('bad models are refused, and a batch is all or none', async () => {
  const post = (models: object[]) => platform.call('PostModels', { ...inA, models }, ann);
  for (const model of [
    {},
    { id: 'a b' },
    { id: 'ok', modelTypeId: 'no-such-type' },
    { id: 'x'.repeat(65) },
  ]) {
    const answer = await post([{ id: 'beside' }, model]);
    expect(answer.status?.code).toBe(StatusCode.MODEL_INVALID_ARGUMENT);
  }
  expect((await post([])).status?.code).toBe(StatusCode.MODEL_INVALID_ARGUMENT);
  await post([{ id: 'taken' }]);
  const again = await post([{ id: 'beside' }, { id: 'taken' }]);
  expect(again.status?.code).toBe(StatusCode.DATABASE_DUPLICATE_KEY);
  expect(again.status?.details).toContain('already exists');
  const beside = await platform.call('GetModel', { ...inA, modelId: 'beside' }, ann);
  expect(beside.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('one model may be given the old way', async () => {
  const made = await platform.call('PostModels', { ...inA, model: { id: 'old-way' } }, ann);
  expect(made.model?.id).toBe('old-way');
});

test.each([
  ['in an app that lacks it', inA],
  ['without an app', {}],
  ['without an app but a user', at('me', '')],
  ['by its owner', at('clarifai', 'main')],
])('the shared model answers %s', async (_where, place) => {
  for (const modelId of [seeded.id, ...seeded.aliases]) {
    const got = await platform.call('GetModel', { ...place, modelId }, ann);
    expect(got.model).toMatchObject({ id: seeded.id, userId: 'clarifai', appId: 'main' });
    expect(got.model?.modelVersion).toMatchObject({ id: seeded.versions[0], appId: 'main' });
  }
});

test('an own model goes before a shared one of its id, and an app key sees its app alone', async () => {
  const key = await appKey();
  const hidden = await platform.call('GetModel', { modelId: seeded.id }, key);
  expect(hidden.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  expect(hidden.status?.description).toBe('Model does not exist');
  await platform.call('PostModels', { ...inA, models: [{ id: seeded.id }] }, ann);
  for (const as of [ann, key]) {
    const got = await platform.call('GetModel', { ...inA, modelId: seeded.id }, as);
    expect(got.model?.userId).toBe('ann');
  }
  await platform.call('DeleteModel', { ...inA, modelId: seeded.id }, ann);
});

test('versions of a shared model are found by id, newest without one, and unknown ones are not', async () => {
  const get = (versionId: string) =>
    platform.call('GetModel', { ...inA, modelId: seeded.id, versionId }, ann);
  expect((await get('')).model?.modelVersion?.id).toBe(seeded.versions[0]);
  expect((await get(seeded.versions[1] ?? '')).model?.modelVersion?.id).toBe(seeded.versions[1]);
  expect((await get('nope')).status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  const listed = await platform.call('ListModelVersions', { ...inA, modelId: seeded.id }, ann);
  expect(listed.modelVersions.map(({ id }) => id)).toEqual(seeded.versions);
});

test('the vocabulary is read whole or page by page, and not inlined elsewhere', async () => {
  await sql`insert into concept_languages (concept_key, language, name)
    select key, 'de', 'Hund' from concepts where id = 'ai_2'`.execute(platform.deps.db);
  const request = { ...inA, modelId: seeded.id };
  const plain = await platform.call('GetModel', request, ann);
  expect(plain.model?.modelVersion?.outputInfo?.data?.concepts ?? []).toEqual([]);
  expect(plain.model?.modelVersion?.outputInfo?.message).toContain('output_info');
  expect(plain.model?.modelVersion?.activeConceptCount).toBe(3);
  const whole = await platform.call('GetModelOutputInfo', request, ann);
  const names = (concepts: { name: string }[] | undefined) => concepts?.map(({ name }) => name);
  expect(names(whole.model?.modelVersion?.outputInfo?.data?.concepts)).toEqual([
    'zebra',
    'dog',
    'cat',
  ]);
  expect(names(whole.model?.outputInfo?.data?.concepts)).toEqual(['zebra', 'dog', 'cat']);
  const german = await platform.call('GetModelOutputInfo', { ...request, language: 'de' }, ann);
  expect(names(german.model?.outputInfo?.data?.concepts)).toEqual(['zebra', 'Hund', 'cat']);
  const page = await platform.call('ListModelConcepts', { ...request, page: 2, perPage: 2 }, ann);
  expect(page.concepts).toMatchObject([{ id: 'ai_3', appId: 'main', userId: 'clarifai' }]);
  const found = await platform.call('ListModelConcepts', { ...request, search: 'do' }, ann);
  expect(names(found.concepts)).toEqual(['dog']);
});

test('a list holds what its place holds, each with owner, name and type', async () => {
  await platform.call(
    'PostModels',
    {
      ...at('ann', 'open'),
      models: [
        { id: 'shown', visibility: { gettable: 50 }, modelTypeId: 'text-to-text' },
        { id: 'kept' },
      ],
    },
    ann,
  );
  const list = async (request: object, as: typeof ann) => {
    const { models } = await platform.call('ListModels', request, as);
    for (const { name, userId, appId, modelTypeId } of models) {
      expect([name, userId, appId, modelTypeId]).not.toContain('');
    }
    return models.map(({ id }) => id);
  };
  expect(await list(at('ann', 'open'), ann)).toEqual(expect.arrayContaining(['shown', 'kept']));
  expect(await list(at('ann', 'open'), bob)).toEqual(['shown']);
  expect(await list(at('ann', ''), bob)).toEqual(['shown']);
  expect(await list(at('ann', ''), ann)).toEqual(expect.arrayContaining(['shown', 'kept', 'm1']));
  const all = await list({}, bob);
  expect(all).toEqual(expect.arrayContaining([seeded.id, 'shown']));
  expect(all).not.toContain('kept');
  const featured = await list({ featuredOnly: true }, bob);
  expect(featured).toEqual([seeded.id]);
  expect(await list({ starredOnly: true }, bob)).toEqual([]);
  const hidden = await platform.call('GetModel', { ...at('ann', 'open'), modelId: 'kept' }, bob);
  expect(hidden.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('lists are filtered, searched, sorted and paged', async () => {
  await platform.call('PostApps', { apps: [{ id: 'lists' }] }, bob);
  const place = at('bob', 'lists');
  await platform.call(
    'PostModels',
    {
      ...place,
      models: [
        { id: 'general-b', modelTypeId: 'visual-classifier', toolkits: ['onnx'], licenseType: 2 },
        { id: 'my-general', modelTypeId: 'text-to-text', description: 'writes satisfied letters' },
        { id: 'general-a', modelTypeId: 'visual-detector', languages: ['en'], creator: 'me' },
      ],
    },
    bob,
  );
  const list = async (request: object) =>
    (await platform.call('ListModels', { ...place, ...request }, bob)).models.map(({ id }) => id);
  const byName = { sortBy: { case: 'sortByName', value: true }, sortAscending: true } as const;
  expect(await list(byName)).toEqual(['general-a', 'general-b', 'my-general']);
  expect(await list({ ...byName, page: 2, perPage: 2 })).toEqual(['my-general']);
  expect(await list({ page: 9, perPage: 2 })).toEqual([]);
  expect(await list({ modelTypeId: 'visual-detector' })).toEqual(['general-a']);
  expect(await list({ inputFields: ['image'], ...byName })).toEqual(['general-a', 'general-b']);
  expect(await list({ outputFields: ['text'] })).toEqual(['my-general']);
  expect(await list({ toolkits: ['other', 'onnx'] })).toEqual(['general-b']);
  expect(await list({ languages: ['en'] })).toEqual(['general-a']);
  expect(await list({ licenseType: 2 })).toEqual(['general-b']);
  expect(await list({ creator: 'me' })).toEqual(['general-a']);
  expect(await list({ name: 'gen*', ...byName })).toEqual(['general-a', 'general-b']);
  expect(await list({ search: 'satisfy' })).toEqual(['my-general']);
  expect(await list({ search: 'gener a' })).toEqual(['general-a']);
  expect(await list({ query: 'general -letters', ...byName })).toEqual(['general-a', 'general-b']);
  expect(await list({ trainedOnly: true })).toEqual([]);
  expect(await list({ visibility: { gettable: 50 } })).toEqual([]);
  const best = await list({ search: 'general', sortBy: { case: 'sortByRelevance', value: true } });
  expect(best.at(-1)).toBe('my-general');
  const senseless = await platform.call(
    'ListModels',
    { ...place, sortBy: { case: 'sortByRelevance', value: true } },
    bob,
  );
  expect(senseless.status?.code).toBe(StatusCode.MODEL_INVALID_ARGUMENT);
});

test('a search by pattern finds by id, not in the middle unless asked', async () => {
  const search = async (name: string, modelTypeId = '') => {
    const request = { ...at('bob', 'lists'), modelQuery: { name, modelTypeId } };
    return (await platform.call('PostModelsSearches', request, bob)).models.map(({ id }) => id);
  };
  expect(await search('gen*')).toEqual(['general-a', 'general-b']);
  expect(await search('*general*')).toEqual(['general-a', 'general-b', 'my-general']);
  expect(await search('gen*', 'visual-detector')).toEqual(['general-a']);
  expect(await search('general')).toEqual([]);
});

test('a patch merges, and answers with what is then', async () => {
  await platform.call(
    'PostModels',
    {
      ...inA,
      models: [{ id: 'p', description: 'before', notes: 'kept', metadata: { a: { b: 1 } } }],
    },
    ann,
  );
  const patch = (model: object, action: string) =>
    platform.call('PatchModels', { ...inA, models: [{ id: 'p', ...model }], action }, ann);
  const merged = await patch({ description: 'after', metadata: { a: { c: 2 } } }, 'merge');
  expect(merged.models).toMatchObject([
    { id: 'p', description: 'after', notes: 'kept', metadata: { a: { b: 1, c: 2 } } },
  ]);
  const over = await patch(
    { metadata: { z: 1 }, image: { url: 'https://x.test/y.png' } },
    'overwrite',
  );
  expect(over.models).toMatchObject([
    { metadata: { z: 1 }, image: { url: 'https://x.test/y.png' } },
  ]);
  const removed = await patch({ image: { url: 'https://x.test/y.png' } }, 'remove');
  expect(removed.models[0]?.image).toBeUndefined();
  expect((await patch({}, 'upsert')).status?.details).toContain("Unrecognized action 'upsert'");
  const other = await patch({ modelTypeId: 'text-to-text' }, 'merge');
  expect(other.status?.code).toBe(StatusCode.METADATA_INVALID_PATCH_ARGUMENTS);
  const absent = await platform.call(
    'PatchModels',
    { ...inA, models: [{ id: 'p', description: 'lost' }, { id: 'absent' }], action: 'merge' },
    ann,
  );
  expect(absent.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  const still = await platform.call('GetModel', { ...inA, modelId: 'p' }, ann);
  expect(still.model?.description).toBe('after');
});

test('tags are replaced by calls of their own', async () => {
  await platform.call('PostModels', { ...inA, models: [{ id: 'tagged', toolkits: ['a'] }] }, ann);
  const request = { ...inA, modelId: 'tagged', action: 'overwrite' };
  const toolkits = await platform.call(
    'PatchModelToolkits',
    { ...request, toolkits: ['b', 'c', 'b'] },
    ann,
  );
  expect(toolkits.toolkits).toEqual(['b', 'c']);
  await platform.call('PatchModelUseCases', { ...request, usecases: ['u'] }, ann);
  await platform.call('PatchModelLanguages', { ...request, languages: ['de', 'nowhere'] }, ann);
  await platform.call('PatchModelCheckConsents', { ...request, checkConsents: ['c'] }, ann);
  const { model } = await platform.call('GetModel', { ...inA, modelId: 'tagged' }, ann);
  expect(model).toMatchObject({ toolkits: ['b', 'c'], useCases: ['u'], checkConsents: ['c'] });
  expect(model?.languagesFull).toMatchObject([{ id: 'de', name: 'German' }, { id: 'nowhere' }]);
  const merge = await platform.call('PatchModelToolkits', { ...request, action: 'merge' }, ann);
  expect(merge.status?.code).toBe(StatusCode.CONN_INVALID_REQUEST);
});

test('a renamed model keeps its versions, a deleted one frees its id', async () => {
  await platform.call(
    'PostModels',
    { ...inA, models: [{ id: 'r1', modelTypeId: 'any-to-any' }, { id: 'r2' }] },
    ann,
  );
  await platform.call('PostModelVersions', { ...inA, modelId: 'r1' }, ann);
  const rename = (id: string, newId: string) =>
    platform.call('PatchModelIds', { ...inA, ids: [{ id, newId }], action: 'overwrite' }, ann);
  expect((await rename('r1', 'r2')).status?.code).toBe(StatusCode.DATABASE_DUPLICATE_KEY);
  expect((await rename('r1', 'r 3')).status?.code).toBe(StatusCode.MODEL_INVALID_ARGUMENT);
  const renamed = await rename('r1', 'r3');
  expect(renamed.models[0]?.id).toBe('r3');
  expect(renamed.models[0]?.modelVersion?.id).not.toBe('');
  const old = await platform.call('GetModel', { ...inA, modelId: 'r1' }, ann);
  expect(old.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  const remove = (request: object) => platform.call('DeleteModels', { ...inA, ...request }, ann);
  expect((await remove({ ids: [] })).status?.code).toBe(StatusCode.SUCCESS);
  expect((await remove({ ids: ['r3', 'absent'] })).status?.code).toBe(
    StatusCode.MODEL_DOES_NOT_EXIST,
  );
  expect((await remove({ ids: ['r3'] })).status?.code).toBe(StatusCode.SUCCESS);
  const again = await platform.call('PostModels', { ...inA, models: [{ id: 'r3' }] }, ann);
  expect(again.model?.modelVersion).toBeUndefined();
  expect((await remove({ deleteAll: true })).status?.code).toBe(StatusCode.SUCCESS);
  expect((await platform.call('ListModels', inA, ann)).models).toEqual([]);
});

test('strangers change nothing, and nobody changes what is shared', async () => {
  const place = at('ann', 'open');
  const writes = [
    await platform.call('PostModels', { ...place, models: [{ id: 'theirs' }] }, bob),
    await platform.call(
      'PatchModels',
      { ...place, models: [{ id: 'shown' }], action: 'merge' },
      bob,
    ),
    await platform.call(
      'PatchModelToolkits',
      { ...place, modelId: 'shown', action: 'overwrite' },
      bob,
    ),
    await platform.call('DeleteModel', { ...place, modelId: 'shown' }, bob),
    await platform.call('DeleteModels', { ...at('clarifai', 'main'), deleteAll: true }, ann),
  ];
  for (const { status } of writes) expect(status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
});

test('model types are listed and found', async () => {
  const listed = await platform.call('ListModelTypes', {}, ann);
  expect(listed.modelTypes.length).toBeGreaterThan(52);
  const page = await platform.call('ListModelTypes', { page: 2, perPage: 3 }, ann);
  expect(page.modelTypes).toEqual(listed.modelTypes.slice(3, 6));
  const got = await platform.call('GetModelType', { modelTypeId: 'visual-classifier' }, ann);
  expect(got.modelType).toMatchObject({ inputFields: ['image'], outputFields: ['concepts'] });
  const none = await platform.call('GetModelType', { modelTypeId: 'nope' }, ann);
  expect(none.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('references are none, of a model that exists', async () => {
  const some = await platform.call('ListModelReferences', { modelId: seeded.id }, ann);
  expect(some.status?.code).toBe(StatusCode.SUCCESS);
  expect(some.modelReferences).toEqual([]);
  const none = await platform.call('ListModelReferences', { ...inA, modelId: 'nope' }, ann);
  expect(none.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('patches of the same models take them in one order, whatever theirs', async () => {
  const models = ['first', 'second'].map((id) => ({ id, modelTypeId: 'visual-classifier' }));
  await platform.call('PostModels', { ...inA, models }, ann);
  const patches = ['second', 'first'].map((id) => ({ id, name: 'patched' }));
  const locked = await lockedBefore(platform.deps.db, 'models', 'first', async () => {
    const request = { ...inA, models: patches, action: 'overwrite' };
    const answer = await platform.call('PatchModels', request, ann);
    expect(answer.models).toMatchObject(patches);
  });
  expect(locked).toEqual([]);
});
