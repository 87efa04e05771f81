import { grantApp } from '@limpid/domain/access/authority';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import sharp from 'sharp';
import { beforeEach, expect, test } from 'vitest';
import { createBaseWorkflow } from './base-workflow.ts';
import { scriptModels, sentence } from './testing/scripted-models.ts';

const models = await scriptModels();
const { platform } = models;
const { db } = platform.deps;
const ann = await platform.addUser('ann');
const workflow = createBaseWorkflow(platform.deps);
const scripts = { ...models.scripts };
beforeEach(() => Object.assign(models.scripts, scripts));

const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#3a1' } })
  .jpeg()
  .toBuffer();
const image = { data: { image: { base64: jpeg } } };
let apps = 0;

async function newApp(base: string) {
  apps += 1;
  const id = `app${apps}`;
  const defaultWorkflow = { id: base, userId: 'clarifai', appId: 'main' };
  const made = await platform.call('PostApps', { apps: [{ id, defaultWorkflow }] }, ann);
  expect(made.status?.code).toBe(StatusCode.SUCCESS);
  const at = { userAppId: { userId: 'ann', appId: id } };
  const { key } = await db
    .selectFrom('apps')
    .select('key')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const owner = { userKey: ann.key, userId: 'ann', standing: 'owner' } as const;
  return { at, scope: grantApp({ appKey: key, appId: id, ...owner }) };
}

type At = Awaited<ReturnType<typeof newApp>>['at'];

async function ingest(at: At, inputs: object[]): Promise<void> {
  const answer = await platform.call('PostInputs', { ...at, inputs }, ann);
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  await platform.drain({ workflow });
}

const statusOf = async (at: At, inputId: string) =>
  (await platform.call('GetInput', { ...at, inputId }, ann)).input?.status;

const annotationsOf = async (at: At) =>
  (await platform.call('ListAnnotations', { ...at, listAllAnnotations: true }, ann)).annotations;

const embeddingsOf = async (appKey: bigint) =>
  await db
    .selectFrom('embeddings as e')
    .innerJoin('inputs as i', 'i.key', 'e.input_key')
    .innerJoin('model_versions as v', 'v.key', 'e.space')
    .select(['i.id as input', 'v.id as version', 'e.vector', 'e.region', 'e.workflow_version'])
    .where('e.app_key', '=', appKey)
    .orderBy('e.key')
    .execute();

test('says nothing in apps that are based on nothing', async () => {
  expect(await workflow.describes((await newApp('Empty')).scope)).toBe(false);
  expect(await workflow.describes((await newApp('General')).scope)).toBe(true);
});

test('concepts become one annotation of the model, with the words of the model', async () => {
  const { at } = await newApp('General');
  await ingest(at, [{ id: 'a', ...image }]);
  expect((await statusOf(at, 'a'))?.code).toBe(StatusCode.INPUT_SUCCESS);
  expect(await annotationsOf(at)).toMatchObject([
    {
      inputId: 'a',
      modelVersionId: 'namer-v1',
      inputLevel: false,
      status: { code: StatusCode.ANNOTATION_SUCCESS },
      data: {
        concepts: [
          { id: 'ai_dog', name: 'dog' },
          { id: 'ai_cat', name: 'cat' },
          { id: 'ai_bird', name: 'bird' },
        ],
      },
    },
  ]);
  // They are found by the concepts of the app that the model lives in; this app has got none of its own.
  const { rows } = await sql<{ id: string; app: string; value: number }>`
    select c.id, a.id as app, ac.value from annotation_concepts ac
    join concepts c on c.key = ac.concept_key join apps a on a.key = c.app_key
    where ac.app_key = (select key from apps where id = ${at.userAppId.appId}) order by ac.ordinal`.execute(
    db,
  );
  expect(rows.map(({ id, app }) => [id, app])).toEqual([
    ['ai_dog', 'main'],
    ['ai_cat', 'main'],
    ['ai_bird', 'main'],
  ]);
  expect(rows[0]?.value).toBeCloseTo(0.9);
});

test('embeddings lie in the space of the model version that made them', async () => {
  const { at, scope } = await newApp('General');
  await ingest(at, [{ id: 'a', ...image }]);
  const rows = await embeddingsOf(scope.appKey);
  expect(rows).toMatchObject([{ input: 'a', version: 'embedder-v1', region: null }]);
  expect(rows[0]?.workflow_version).not.toBeNull();
  const { buffer, byteOffset, length } = Uint8Array.from(rows[0]?.vector ?? []);
  expect([...new Float32Array(buffer, byteOffset, length / 4)]).toEqual([255, 1]);
});

test('each region that a detector is sure of is an annotation of its own', async () => {
  const { at } = await newApp('Boxes');
  await ingest(at, [{ id: 'a', ...image }]);
  const found = (await annotationsOf(at)).filter(
    ({ modelVersionId }) => modelVersionId === 'detector-v1',
  );
  expect(found).toMatchObject([
    { data: { regions: [{ data: { concepts: [{ id: 'ai_dog' }] } }] } },
  ]);
  expect(found[0]?.data?.regions[0]?.id).toMatch(/^[0-9a-f]{32}$/);
});

test('what no model of the workflow reads is taken in all the same', async () => {
  const { at, scope } = await newApp('General');
  await ingest(at, [
    { ...sentence('words'), id: 'text' },
    { id: 'picture', ...image },
  ]);
  expect((await statusOf(at, 'text'))?.code).toBe(StatusCode.INPUT_SUCCESS);
  expect((await annotationsOf(at)).map(({ inputId }) => inputId)).toEqual(['picture']);
  expect((await embeddingsOf(scope.appKey)).map(({ input }) => input)).toEqual(['picture']);
});

test('text and pictures go to the models that read them', async () => {
  const { at, scope } = await newApp('Both');
  await ingest(at, [
    { id: 'text', data: { text: { raw: 'words' } } },
    { id: 'picture', ...image },
  ]);
  const rows = await embeddingsOf(scope.appKey);
  expect(rows.map(({ input, version }) => `${input} ${version}`).sort()).toEqual([
    'picture embedder-v1',
    'text reader-v1',
  ]);
});

test('an input that a model fails on fails, the others of the call do not', async () => {
  models.scripts.reader = ({ text }) =>
    text?.raw === 'bad' ? 30300 : { embeddings: [{ vector: [1] }] };
  const { at, scope } = await newApp('Both');
  await ingest(at, [
    { id: 'bad', data: { text: { raw: 'bad' } } },
    { id: 'good', data: { text: { raw: 'good' } } },
  ]);
  expect((await statusOf(at, 'bad'))?.code).toBe(30300);
  expect((await statusOf(at, 'good'))?.code).toBe(StatusCode.INPUT_SUCCESS);
  expect(await embeddingsOf(scope.appKey)).toHaveLength(1);
});

test('inputs wait for a model that is starting, and are described once', async () => {
  const { at, scope } = await newApp('General');
  delete models.scripts.namer;
  await platform.call('PostInputs', { ...at, inputs: [{ id: 'a', ...image }] }, ann);
  await platform.drain({ workflow });
  expect((await statusOf(at, 'a'))?.code).toBe(StatusCode.INPUT_PENDING);
  expect(await embeddingsOf(scope.appKey)).toEqual([]);
  Object.assign(models.scripts, scripts);
  await sql`update graphile_worker._private_jobs set run_at = now()`.execute(db);
  await platform.drain({ workflow });
  expect((await statusOf(at, 'a'))?.code).toBe(StatusCode.INPUT_SUCCESS);
  expect(await annotationsOf(at)).toHaveLength(1);
  expect(await embeddingsOf(scope.appKey)).toHaveLength(1);
});
