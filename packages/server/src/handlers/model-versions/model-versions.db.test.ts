import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { seedCatalogue } from '../../seed/seed-catalogue.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
await seedCatalogue(platform.deps, { models: [], workflows: [] });
const place = { userAppId: { userId: 'ann', appId: 'a' } };
await platform.call('PostApps', { apps: [{ id: 'a', visibility: { gettable: 50 } }] }, ann);

async function model(id: string, modelTypeId = 'any-to-any', extra: object = {}) {
  const request = { ...place, models: [{ id, modelTypeId, ...extra }] };
  const { status } = await platform.call('PostModels', request, ann);
  expect(status?.code).toBe(StatusCode.SUCCESS);
  return { ...place, modelId: id };
}

const add = (request: object, as = ann) => platform.call('PostModelVersions', request, as);

test('a version goes through with everything that a client put in', async () => {
  const m = await model('whole');
  const methodSignatures = ['predict', 'generate', 'chat'].map((name, index) => ({
    name,
    methodType: index + 1,
    inputFields: [
      { name: 'prompt', type: 1 },
      { name: 'history', type: 7, default: 'null' },
    ],
    outputFields: [{ name: 'return', type: 1, iterator: index > 0 }],
  }));
  const made = await add({
    ...m,
    modelVersions: [
      {
        pretrainedModelConfig: { localDev: true },
        description: 'first',
        methodSignatures,
        numThreads: 7,
        buildInfo: { platform: 'linux/amd64,linux/arm64' },
        inferenceComputeInfo: { cpuLimit: '4', acceleratorType: ['NVIDIA-*'] },
        outputInfo: { params: { margin: 1.5, nested: { a: [1, null, 'x'] } } },
        trainInfo: { params: { hyper: 0.25 } },
        metadata: { git: { branch: 'main' } },
        license: 'MIT',
      },
    ],
  });
  expect(made.model).toMatchObject({ id: 'whole', userId: 'ann', appId: 'a' });
  const version = made.model?.modelVersion;
  expect(version).toMatchObject({
    userId: 'ann',
    appId: 'a',
    status: { code: StatusCode.MODEL_TRAINED },
    pretrainedModelConfig: { localDev: true },
    numThreads: 7,
    buildInfo: { platform: 'linux/amd64,linux/arm64' },
    inferenceComputeInfo: { cpuLimit: '4', acceleratorType: ['NVIDIA-*'] },
    outputInfo: { params: { margin: 1.5, nested: { a: [1, null, 'x'] } } },
    trainInfo: { params: { hyper: 0.25 } },
    metadata: { git: { branch: 'main' } },
    license: 'MIT',
  });
  expect(version?.methodSignatures.map(({ name }) => name)).toEqual([
    'predict',
    'generate',
    'chat',
  ]);
  expect(version?.methodSignatures).toMatchObject(methodSignatures);
  const got = await platform.call('GetModelVersion', { ...m, versionId: version?.id ?? '' }, ann);
  expect(got.modelVersion).toEqual(version);
  const newest = await platform.call('GetModelVersion', m, ann);
  expect(newest.modelVersion).toEqual(version);
  const listed = await platform.call('ListModels', place, ann);
  expect(listed.models.find(({ id }) => id === 'whole')?.modelVersion).toEqual(version);
});

test('versions are listed newest first, or as asked', async () => {
  const m = await model('many');
  for (const id of ['v1', 'v2', 'v3']) {
    await add({ ...m, modelVersions: [{ id, description: `z${id === 'v2' ? 'a' : id}` }] });
  }
  const list = async (request: object = {}) => {
    const answer = await platform.call('ListModelVersions', { ...m, ...request }, ann);
    return answer.modelVersions.map(({ id }) => id);
  };
  expect(await list()).toEqual(['v3', 'v2', 'v1']);
  expect(await list({ sortAscending: true })).toEqual(['v1', 'v2', 'v3']);
  expect(await list({ page: 2, perPage: 2 })).toEqual(['v1']);
  expect(await list({ page: 3, perPage: 2 })).toEqual([]);
  expect(await list({ trainedOnly: true })).toEqual(['v3', 'v2', 'v1']);
  const byText = { sortBy: { case: 'sortByDescription', value: true }, sortAscending: true };
  expect(await list(byText)).toEqual(['v2', 'v1', 'v3']);
  const { model: got } = await platform.call('GetModel', m, ann);
  expect(got?.modelVersion?.id).toBe('v3');
  const counted = await platform.call('GetModel', { ...m, additionalFields: ['counts'] }, ann);
  expect(counted.model?.versionCount).toBe(3);
  const found = await platform.call('ListModels', { ...place, modelVersionIds: ['v1'] }, ann);
  expect(found.models).toMatchObject([{ id: 'many', modelVersion: { id: 'v1' } }]);
});

test('an id is taken once, and only if it is one', async () => {
  const m = await model('ids');
  await add({ ...m, modelVersions: [{ id: 'v' }] });
  const again = await add({ ...m, modelVersions: [{ id: 'v' }] });
  expect(again.status?.details).toContain('already exists');
  const bad = await add({ ...m, modelVersions: [{ id: 'a b' }] });
  expect(bad.status?.code).toBe(StatusCode.MODEL_INVALID_ARGUMENT);
  const two = await add({ ...m, modelVersions: [{}, {}] });
  expect(two.status?.code).toBe(StatusCode.MODEL_INVALID_ARGUMENT);
  const none = await add({ ...place, modelId: 'absent' });
  expect(none.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('what would need training or an import is refused and nothing is written', async () => {
  const m = await model('trains', 'visual-classifier');
  const training = await add({
    ...m,
    modelVersions: [{ trainInfo: { params: { template: 'x' } } }],
  });
  expect(training.status?.code).toBe(StatusCode.NOT_IMPLEMENTED);
  const pretrainedModelConfig = { modelZipUrl: 'https://x.test/model.zip' };
  const importing = await add({ ...m, modelVersions: [{ pretrainedModelConfig }] });
  expect(importing.status?.code).toBe(StatusCode.NOT_IMPLEMENTED);
  const versions = await platform.call('ListModelVersions', m, ann);
  expect(versions.modelVersions).toEqual([]);
  const own = await add({ ...m, modelVersions: [{ pretrainedModelConfig: { localDev: true } }] });
  expect(own.model?.modelVersion?.status?.code).toBe(StatusCode.MODEL_TRAINED);
});

test('settings of a version are checked by its type', async () => {
  const m = await model('prompts', 'prompter');
  const bad = await add({
    ...m,
    modelVersions: [{ outputInfo: { params: { prompt_template: 'x' } } }],
  });
  expect(bad.status?.code).toBe(StatusCode.MODEL_INVALID_ARGUMENT);
  const good = await add({
    ...m,
    modelVersions: [{ id: 'v', outputInfo: { params: { prompt_template: 'Hi {data.text.raw}' } } }],
  });
  expect(good.status?.code).toBe(StatusCode.SUCCESS);
  const patch = (params: object) =>
    platform.call(
      'PatchModelVersions',
      { ...m, modelVersions: [{ id: 'v', outputInfo: { params } }], action: 'merge' } as never,
      ann,
    );
  expect((await patch({ prompt_template: 'gone' })).status?.code).toBe(
    StatusCode.MODEL_INVALID_ARGUMENT,
  );
  const patched = await patch({ prompt_template: 'Oh {data.text.raw}', more: 1 });
  expect(patched.modelVersions[0]?.outputInfo?.params).toEqual({
    prompt_template: 'Oh {data.text.raw}',
    more: 1,
  });
});

test('concepts become the vocabulary, thresholds with them, and a patch leaves them alone', async () => {
  const m = await model('thresholds', 'concept-thresholder');
  const concepts = [
    { id: 'dog', value: 0.8 },
    { id: 'cat', name: 'Cat', value: 0.25 },
  ];
  const made = await add({
    ...m,
    modelVersions: [{ id: 'v', outputInfo: { data: { concepts } } }],
  });
  expect(made.model?.modelVersion?.activeConceptCount).toBe(2);
  await platform.call(
    'PatchModelVersions',
    {
      ...m,
      modelVersions: [{ id: 'v', outputInfo: { data: { concepts: [{ id: 'other' }] } } }],
      action: 'overwrite',
    },
    ann,
  );
  const { model: got } = await platform.call('GetModelOutputInfo', m, ann);
  const shown = got?.modelVersion?.outputInfo?.data?.concepts ?? [];
  expect(shown.map(({ id, name }) => [id, name])).toEqual([
    ['dog', 'dog'],
    ['cat', 'Cat'],
  ]);
  expect(shown.map(({ value }) => value)).toEqual([expect.closeTo(0.8), expect.closeTo(0.25)]);
  const all = await platform.call('ListConcepts', place, ann);
  expect(all.concepts.map(({ id }) => id)).toEqual(expect.arrayContaining(['dog', 'cat']));
  const holding = await platform.call(
    'ListModelVersions',
    { ...m, conceptIds: ['dog', 'cat'] },
    ann,
  );
  expect(holding.modelVersions).toHaveLength(1);
  const lacking = await platform.call('ListModelVersions', { ...m, conceptIds: ['dog', 'x'] }, ann);
  expect(lacking.modelVersions).toEqual([]);
  const twice = { data: { concepts: [{ id: 'a' }, { id: 'a' }] } };
  const refused = await add({ ...m, modelVersions: [{ outputInfo: twice }] });
  expect(refused.status?.code).toBe(StatusCode.CONCEPTS_INVALID_REQUEST);
});

test('a patch changes what may change, and says which action it does not know', async () => {
  const m = await model('patched');
  await add({ ...m, modelVersions: [{ id: 'v', description: 'one', metadata: { a: 1 } }] });
  const patch = (version: object, action = 'merge') =>
    platform.call(
      'PatchModelVersions',
      { ...m, modelVersions: [{ id: 'v', ...version }], action },
      ann,
    );
  const merged = await patch({
    description: 'two',
    metadata: { b: 2 },
    visibility: { gettable: 50 },
  });
  expect(merged.modelVersions).toMatchObject([
    { id: 'v', description: 'two', metadata: { a: 1, b: 2 }, visibility: { gettable: 50 } },
  ]);
  expect((await patch({ status: { code: 21106 } })).modelVersions[0]?.status?.code).toBe(
    StatusCode.MODEL_TRAINED,
  );
  expect((await patch({}, 'upsert')).status?.details).toContain("Unrecognized action 'upsert'");
  const absent = await platform.call(
    'PatchModelVersions',
    { ...m, modelVersions: [{ id: 'absent' }], action: 'merge' },
    ann,
  );
  expect(absent.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('secrets are shown to the owner who asks for them, never with their values', async () => {
  const m = await model('secret', 'any-to-any', { visibility: { gettable: 50 } });
  const secrets = [{ id: 's', env_var: 'KEY', secret_type: 'req', value: 'hush' }];
  const made = await add({ ...m, modelVersions: [{ outputInfo: { params: { a: 1, secrets } } }] });
  expect(made.model?.modelVersion?.outputInfo?.params).toEqual({ a: 1 });
  const get = async (as: typeof ann) =>
    (await platform.call('GetModel', { ...m, additionalFields: ['secrets'] }, as)).model;
  expect((await get(ann))?.modelVersion?.outputInfo?.params).toEqual({
    a: 1,
    secrets: [{ id: 's', env_var: 'KEY', secret_type: 'req' }],
  });
  expect((await get(bob))?.modelVersion?.outputInfo?.params).toEqual({ a: 1 });
  const listed = await platform.call('ListModels', place, ann);
  const params = listed.models.map(({ modelVersion }) => modelVersion?.outputInfo?.params);
  expect(JSON.stringify(params)).not.toContain('KEY');
});

test('a version is seen as its model is, unless it says otherwise', async () => {
  const m = await model('seen', 'any-to-any', { visibility: { gettable: 50 } });
  await add({ ...m, modelVersions: [{ id: 'v1' }] });
  await add({ ...m, modelVersions: [{ id: 'v2', visibility: { gettable: 10 } }] });
  const ids = async (as: typeof ann) =>
    (await platform.call('ListModelVersions', m, as)).modelVersions.map(({ id }) => id);
  expect(await ids(ann)).toEqual(['v2', 'v1']);
  expect(await ids(bob)).toEqual(['v1']);
  const { model: got } = await platform.call('GetModel', m, bob);
  expect(got?.modelVersion).toMatchObject({ id: 'v1', visibility: { gettable: 50 } });
  const hidden = await platform.call('GetModelVersion', { ...m, versionId: 'v2' }, bob);
  expect(hidden.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  const write = await add({ ...m, modelVersions: [{}] }, bob);
  expect(write.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
});

test('a deleted version is gone, the one before is the newest', async () => {
  const m = await model('deleted');
  await add({ ...m, modelVersions: [{ id: 'v1' }] });
  await add({ ...m, modelVersions: [{ id: 'v2' }] });
  const remove = () => platform.call('DeleteModelVersion', { ...m, versionId: 'v2' }, ann);
  expect((await remove()).status?.code).toBe(StatusCode.SUCCESS);
  expect((await remove()).status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  expect((await platform.call('GetModelVersion', m, ann)).modelVersion?.id).toBe('v1');
});
