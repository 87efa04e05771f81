import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { usageWritten } from '@limpid/store/db/usage';
import { StatusCode } from '@limpid/wire';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createBaseWorkflow } from '../../flows/workflow/base-workflow.ts';
import { scriptModels } from '../../flows/workflow/testing/scripted-models.ts';
import { openPlace, type Place, type QueryInit } from './testing/place.ts';

const models = await scriptModels();
const { platform } = models;
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const scripts = { ...models.scripts };
let place: Place;

const paint = (red: number) =>
  sharp({ create: { width: 4, height: 4, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer();
const pictures = await Promise.all([0, 100, 200].map(paint));
const server = createServer((_, response) => response.end(pictures[1]));

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A picture's vector is its own size in bytes, a text's the number of its letters.
  scripts.embedder = ({ image }) => ({
    embeddings: [{ vector: [pictures.findIndex((one) => one.equals(image?.base64 ?? one)), 1] }],
  });
  scripts.reader = ({ text }) => ({ embeddings: [{ vector: [text?.raw.length ?? 0, 7] }] });
  Object.assign(models.scripts, scripts);
  const defaultWorkflow = { id: 'Both', userId: 'clarifai', appId: 'main' };
  place = await openPlace(platform, ann, 'gallery', {
    defaultWorkflow,
    visibility: { gettable: 50 },
  });
  const inputs = [
    ...pictures.map((base64, index) => ({ id: `p${index}`, data: { image: { base64 } } })),
    ...['a', 'bbb', 'ccccccc'].map((raw) => ({ id: raw, data: { text: { raw } } })),
  ];
  await platform.call('PostInputs', { ...place.at, inputs }, ann);
  await platform.drain({ workflow: createBaseWorkflow(platform.deps) });
});

beforeEach(() => {
  models.asked.length = 0;
  Object.assign(models.scripts, scripts);
});

afterAll(() => server.close());

async function ask(query: QueryInit, as = ann) {
  return await platform.call('PostInputsSearches', { ...place.at, searches: [{ query }] }, as);
}

async function find(query: QueryInit, as = ann): Promise<string[]> {
  const answer = await ask(query, as);
  expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
  return answer.hits.map(({ input }) => input?.id ?? '');
}

const byImage = (image: object) => ({ ranks: [{ annotation: { data: { image } } }] });
const byText = (raw: string) => ({ ranks: [{ annotation: { data: { text: { raw } } } }] });

test('by a picture: its bytes, what is behind its URL, or an input', async () => {
  const [, second = Buffer.alloc(0)] = pictures;
  const { port } = server.address() as AddressInfo;
  const first = await find(byImage({ base64: second }));
  expect(first[0]).toBe('p1');
  expect(first).toHaveLength(3);
  expect(models.asked).toHaveLength(1);
  expect(models.asked[0]?.modelId).toBe('embedder');
  const byUrl = await ask(byImage({ url: `http://127.0.0.1:${port}/p.png` }));
  expect(byUrl.hits.map(({ score }) => score)).toEqual(
    (await ask(byImage({ base64: second }))).hits.map(({ score }) => score),
  );
  expect(byUrl.hits[0]?.score).toBeCloseTo(1);
  expect(await find({ ranks: [{ annotation: { inputId: 'p1' } }] })).toEqual(first);
  expect(
    await find({ ands: [{ output: { input: { data: { image: { base64: second } } } } }] }),
  ).toEqual(first);
});

test('the answer tells the search again, without the picture', async () => {
  const answer = await ask(byImage({ base64: pictures[0] }));
  expect(answer.searches[0]?.query?.ranks[0]?.annotation?.data?.image?.base64).toEqual(
    new Uint8Array(),
  );
});

test('by a text, among texts', async () => {
  expect(await find(byText('xyz'))).toEqual(['bbb', 'a', 'ccccccc']);
  expect(models.asked.map(({ modelId }) => modelId)).toEqual(['reader']);
  expect(await find(byText('12345678'))).toEqual(['ccccccc', 'bbb', 'a']);
});

test('strangers may rank by the model of a public app', async () => {
  expect(await find(byText('xyz'), bob)).toEqual(['bbb', 'a', 'ccccccc']);
});

test('each search is noted as use', async () => {
  const { db } = platform.deps;
  const count = async () => {
    await usageWritten(db);
    const noted = db.selectFrom('usage_records').select('key').where('operation', '=', 'search');
    return (await noted.execute()).length;
  };
  const before = await count();
  await find(byText('xyz'));
  expect(await count()).toBe(before + 1);
});

test('a picture that can not be had is told as such', async () => {
  const { port } = server.address() as AddressInfo;
  const status = async (query: QueryInit) => (await ask(query)).status?.code;
  expect(await status(byImage({ url: 'ftp://example.com/a.png' }))).toBe(StatusCode.INPUT_FAILED);
  expect(await status(byImage({ url: `http://127.0.0.1:${port + 1}/none` }))).toBe(
    StatusCode.INPUT_FAILED,
  );
});

test('a model that fails is told as such', async () => {
  const code = async () => (await ask(byText('xyz'))).status?.code;
  models.scripts.reader = () => StatusCode.MODEL_PREDICTION_FAILED;
  expect(await code()).toBe(StatusCode.SEARCH_PREDICTION_FAILURE);
  models.scripts.reader = () => ({});
  expect(await code()).toBe(StatusCode.SEARCH_PREDICTION_FAILURE);
  models.scripts.reader = () => StatusCode.INPUT_UNSUPPORTED_FORMAT;
  expect(await code()).toBe(StatusCode.INPUT_UNSUPPORTED_FORMAT);
  delete models.scripts.reader;
  expect(await code()).toBe(StatusCode.MODEL_DEPLOYING);
});

test('a base workflow without such a model says which to choose', async () => {
  const defaultWorkflow = { id: 'General', userId: 'clarifai', appId: 'main' };
  const general = await openPlace(platform, ann, 'general', { defaultWorkflow });
  const request = { ...general.at, searches: [{ query: byText('x') }] };
  const { status } = await platform.call('PostInputsSearches', request, ann);
  expect(status?.code).toBe(StatusCode.SEARCH_INVALID_REQUEST);
  expect(status?.details).toContain('Universal or Text');
});

test('what the base workflow predicts is ranked by the words of its model', async () => {
  const defaultWorkflow = { id: 'General', userId: 'clarifai', appId: 'main' };
  const named = await openPlace(platform, ann, 'named', { defaultWorkflow });
  models.scripts.namer = ({ image }) => {
    const value = pictures[0]?.equals(image?.base64 ?? Buffer.alloc(0)) ? 0.9 : 0.4;
    return { concepts: [{ id: 'ai_dog', name: 'dog', value }] };
  };
  const inputs = pictures
    .slice(0, 2)
    .map((base64, index) => ({ id: `p${1 - index}`, data: { image: { base64 } } }));
  await platform.call('PostInputs', { ...named.at, inputs }, ann);
  await platform.drain({ workflow: createBaseWorkflow(platform.deps) });
  for (const concept of [
    { id: 'ai_dog', value: 1 },
    { name: 'dog', value: 1 },
  ]) {
    const ranks = [{ annotation: { data: { concepts: [concept] } } }];
    const request = { ...named.at, searches: [{ query: { ranks } }] };
    const answer = await platform.call('PostInputsSearches', request, ann);
    expect(answer.hits.map(({ input }) => input?.id)).toEqual(['p1', 'p0']);
    expect(answer.hits[0]?.score).toBeCloseTo(0.9);
    expect(answer.hits[0]?.annotation?.modelVersionId).toBe('namer-v1');
  }
});
