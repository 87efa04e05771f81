import { grantApp } from '@limpid/domain/access/authority';
import { transaction } from '@limpid/store';
import { insertInputs } from '@limpid/store/db/inputs';
import { findAppForScope } from '@limpid/store/db/scopes';
import { meanwhile } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
const app = { userAppId: { userId: 'ann', appId: 'pets' } };
const set = { ...app, datasetId: 'cats' };

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'pets' }] }, ann);
  await platform.call('PostDatasets', { ...app, datasets: [{ id: 'cats' }] }, ann);
  const found = await findAppForScope(platform.deps.db, 'ann', 'pets');
  if (!found) throw new Error('the app is missing');
  const scope = grantApp({
    appKey: found.appKey,
    appId: 'pets',
    userKey: ann.key,
    userId: 'ann',
    standing: 'owner',
  });
  const input = { kind: 'text', body: '{"text":{"raw":"x"}}', media: [] } as const;
  const none = {
    metadata: undefined,
    latitude: undefined,
    longitude: undefined,
    urlHash: undefined,
  };
  await transaction(platform.deps.db, (tx) =>
    insertInputs(
      tx,
      scope,
      null,
      ['a', 'b', 'c'].map((id) => ({ id, ...input, ...none })),
    ),
  );
});

const add = (...ids: string[]) =>
  platform.call(
    'PostDatasetInputs',
    { ...set, datasetInputs: ids.map((id) => ({ input: { id } })) },
    ann,
  );
const list = async () => {
  const answer = await platform.call('ListDatasetInputs', set, ann);
  return answer.datasetInputs.map(({ input }) => input?.id);
};

test('each input is added by itself, and the answer says what became of it', async () => {
  const first = await add('b', 'a');
  expect(first.status?.code).toBe(StatusCode.SUCCESS);
  expect(first.datasetInputs.map(({ input }) => input?.status?.code)).toEqual([
    StatusCode.DATASET_INPUT_SUCCESS,
    StatusCode.DATASET_INPUT_SUCCESS,
  ]);
  const mixed = await add('a', 'c', 'nothing');
  expect(mixed.status?.code).toBe(StatusCode.MIXED_STATUS);
  expect(mixed.datasetInputs.map(({ input }) => input?.status?.code)).toEqual([
    StatusCode.DATASET_INPUT_DUPLICATE,
    StatusCode.DATASET_INPUT_SUCCESS,
    StatusCode.INPUT_DOES_NOT_EXIST,
  ]);
  expect((await add('nothing')).status?.code).toBe(StatusCode.FAILURE);
  expect((await list()).sort()).toEqual(['a', 'b', 'c']);
});

test('an input is read from its dataset, taken out of it, and stays in the app', async () => {
  const got = await platform.call('GetDatasetInput', { ...set, inputId: 'a' }, ann);
  expect(got.datasetInput?.input?.data?.text?.raw).toBe('x');
  await platform.call('DeleteDatasetInputs', { ...set, inputIds: ['a', 'nothing'] }, ann);
  expect((await list()).sort()).toEqual(['b', 'c']);
  const gone = await platform.call('GetDatasetInput', { ...set, inputId: 'a' }, ann);
  expect(gone.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const still = await platform.call(
    'PostAnnotations',
    { ...app, annotations: [{ inputId: 'a' }] },
    ann,
  );
  expect(still.status?.code).toBe(StatusCode.SUCCESS);
});

test('an input that is deleted while it is added does not exist, and others are added', async () => {
  await platform.call('PostDatasets', { ...app, datasets: [{ id: 'late' }] }, ann);
  const datasetInputs = ['a', 'b'].map((id) => ({ input: { id } }));
  const answer = await meanwhile(
    platform.deps.db,
    (tx) => sql`delete from inputs where id = 'a'`.execute(tx),
    () => platform.call('PostDatasetInputs', { ...app, datasetId: 'late', datasetInputs }, ann),
  );
  expect(answer.datasetInputs.map(({ input }) => input?.status?.code)).toEqual([
    StatusCode.INPUT_DOES_NOT_EXIST,
    StatusCode.DATASET_INPUT_SUCCESS,
  ]);
});
