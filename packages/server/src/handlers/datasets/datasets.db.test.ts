import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { beforeAll, expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const app = { userAppId: { userId: 'ann', appId: 'pets' } };

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'pets', visibility: { gettable: 50 } }] }, ann);
});

test('a dataset is made, read and patched', async () => {
  const made = await platform.call(
    'PostDatasets',
    { ...app, datasets: [{ id: 'cats', description: 'all', metadata: { a: 1, deep: { b: 2 } } }] },
    ann,
  );
  expect(made.datasets[0]).toMatchObject({
    id: 'cats',
    appId: 'pets',
    userId: 'ann',
    description: 'all',
  });
  const patched = await platform.call(
    'PatchDatasets',
    { ...app, datasets: [{ id: 'cats', metadata: { deep: { c: 3 } } }], action: 'merge' },
    ann,
  );
  expect(patched.datasets[0]?.metadata).toEqual({ a: 1, deep: { b: 2, c: 3 } });
  expect(patched.datasets[0]?.description).toBe('all');
  const got = await platform.call('GetDataset', { ...app, datasetId: 'cats' }, ann);
  expect(got.dataset).toEqual(patched.datasets[0]);
});

test('batches are all or none', async () => {
  await platform.call('PostDatasets', { ...app, datasets: [{ id: 'taken' }] }, ann);
  for (const datasets of [
    [{ id: 'new' }, { id: 'taken' }],
    [{ id: 'twice' }, { id: 'twice' }],
  ]) {
    const answer = await platform.call('PostDatasets', { ...app, datasets }, ann);
    expect(answer.status?.details).toContain('already exists');
  }
  const gone = await platform.call(
    'DeleteDatasets',
    { ...app, datasetIds: ['taken', 'never'] },
    ann,
  );
  expect(gone.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const listed = await platform.call('ListDatasets', { ...app, search: 'take' }, ann);
  expect(listed.datasets.map(({ id }) => id)).toEqual(['taken']);
  expect((await platform.call('GetDataset', { ...app, datasetId: 'new' }, ann)).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );
});

test('strangers see public datasets of a public app and no others', async () => {
  const datasets = [{ id: 'shown', visibility: { gettable: 50 } }, { id: 'hidden' }];
  await platform.call('PostDatasets', { ...app, datasets }, ann);
  const listed = await platform.call('ListDatasets', app, bob);
  expect(listed.datasets.map(({ id }) => id)).toEqual(['shown']);
  const hidden = await platform.call('GetDataset', { ...app, datasetId: 'hidden' }, bob);
  expect(hidden.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const ofUser = await platform.call('ListDatasets', { userAppId: { userId: 'ann' } }, bob);
  expect(ofUser.datasets.map(({ id }) => id)).toEqual(['shown']);
});

test('patches at the same time all count', async () => {
  await platform.call('PostDatasets', { ...app, datasets: [{ id: 'busy' }] }, ann);
  const names = Array.from({ length: 12 }, (_, n) => `k${n}`);
  await Promise.all(
    names.map(async (name) => {
      const datasets = [{ id: 'busy', metadata: { [name]: true } }];
      const answer = await platform.call(
        'PatchDatasets',
        { ...app, datasets, action: 'merge' },
        ann,
      );
      expect(answer.status?.code).toBe(StatusCode.SUCCESS);
    }),
  );
  const got = await platform.call('GetDataset', { ...app, datasetId: 'busy' }, ann);
  expect(Object.keys(got.dataset?.metadata ?? {}).sort()).toEqual([...names].sort());
});
