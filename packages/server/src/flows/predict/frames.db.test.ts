import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MultiOutputResponse, StatusCode } from '@limpid/wire';
import sharp from 'sharp';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { findFfmpeg } from '../../media/find-ffmpeg.ts';
import { picture, scriptModels } from '../workflow/testing/scripted-models.ts';

const models = await scriptModels();
const { platform, asked } = models;
const ann = await platform.addUser('ann');
const scripts = { ...models.scripts };
const folder = mkdtempSync(join(tmpdir(), 'limpid-videos-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  Object.assign(models.scripts, scripts);
  asked.length = 0;
});

function video(name: string, seconds: number): { data: { video: { base64: Buffer } } } {
  const file = join(folder, name);
  const source = `color=red:size=64x48:rate=10:duration=${seconds}`;
  execFileSync(findFfmpeg() ?? '', ['-y', '-v', 'error', '-f', 'lavfi', '-i', source, file]);
  return { data: { video: { base64: readFileSync(file) } } };
}

const short = video('short.mp4', 4);
const gif = video('short.gif', 4);

async function ask(inputs: object[], outputConfig: object = {}): Promise<MultiOutputResponse> {
  const request = {
    userAppId: { userId: 'clarifai', appId: 'main' },
    modelId: 'namer',
    model: { modelVersion: { outputInfo: { outputConfig } } },
    inputs,
  };
  return await platform.call('PostModelOutputs', request, ann);
}

const timesOf = ({ outputs }: MultiOutputResponse, index = 0) =>
  outputs[index]?.data?.frames.map(({ frameInfo }) => Number(frameInfo?.time));

test.each([
  [0, [500, 1500, 2500, 3500]],
  [1000, [500, 1500, 2500, 3500]],
  [2000, [1000, 3000]],
])('sample_ms %i gives frames in the middle of each stretch', async (sampleMs, times) => {
  const answer = await ask([short], { sampleMs, maxConcepts: 1 });
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  expect(timesOf(answer)).toEqual(times);
  const frames = answer.outputs[0]?.data?.frames ?? [];
  expect(frames.map(({ frameInfo }) => frameInfo?.index)).toEqual(times.map((_, index) => index));
  expect(frames.map(({ frameInfo }) => frameInfo?.number)).toEqual(times.map((ms) => ms / 100));
  for (const { data } of frames) expect(data?.concepts).toMatchObject([{ name: 'dog' }]);
});

test('the model is given pictures', async () => {
  await ask([short]);
  const [first] = asked[0]?.inputs ?? [];
  const facts = await sharp(first?.data?.image?.base64).metadata();
  expect(facts).toMatchObject({ format: 'jpeg', width: 64, height: 48 });
});

test('selected concepts and least values count for each frame', async () => {
  const chosen = await ask([short], { selectConcepts: [{ name: 'bird' }] });
  const [frame] = chosen.outputs[0]?.data?.frames ?? [];
  expect(frame?.data?.concepts).toMatchObject([{ name: 'bird' }]);
  const likely = await ask([short], { minValue: 0.85 });
  expect(likely.outputs[0]?.data?.frames[3]?.data?.concepts).toMatchObject([{ name: 'dog' }]);
});

test('videos and pictures of one request are answered in their order', async () => {
  const answer = await ask([picture(1), short, picture(2), gif], { sampleMs: 2000 });
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  expect(answer.outputs.map(({ data }) => [data?.frames.length, data?.concepts.length])).toEqual([
    [0, 3],
    [2, 0],
    [0, 3],
    [2, 0],
  ]);
});

test('a GIF that is sent as a picture is one', async () => {
  const { base64 } = gif.data.video;
  const answer = await ask([{ data: { image: { base64 } } }]);
  expect(answer.outputs[0]?.data?.frames).toEqual([]);
  expect(asked[0]?.inputs[0]?.data?.image?.base64.length).toBe(base64.length);
});

test('many frames go to the model in several requests', async () => {
  const answer = await ask([video('long.mp4', 20)], { sampleMs: 100 });
  expect(answer.outputs[0]?.data?.frames).toHaveLength(200);
  expect(asked.map(({ inputs }) => inputs.length)).toEqual([64, 64, 64, 8]);
});

test('a video that can not be read fails alone', async () => {
  const broken = { data: { video: { base64: short.data.video.base64.subarray(0, 400) } } };
  const none = { data: { video: { base64: Buffer.from('no video') } } };
  const answer = await ask([broken, none, picture(1)]);
  expect(answer.status?.code).toBe(StatusCode.MIXED_STATUS);
  expect(answer.outputs.map(({ status }) => status?.code)).toEqual([
    StatusCode.INPUT_VIDEO_DOWNLOAD_FAILED,
    StatusCode.INPUT_VIDEO_UNSUPPORTED_FORMAT,
    StatusCode.SUCCESS,
  ]);
  expect(answer.outputs[1]?.status?.details).toBe('the bytes are no video of a known format');
});

test('a frame on which the model fails is the failure of its video', async () => {
  models.scripts.namer = () => StatusCode.MODEL_PREDICTION_FAILED;
  const answer = await ask([short]);
  expect(answer.status?.code).toBe(StatusCode.MODEL_PREDICTION_FAILED);
  expect(answer.outputs).toHaveLength(1);
});

test('while the model is starting the caller is told to come back', async () => {
  delete models.scripts.namer;
  expect((await ask([short])).status?.code).toBe(StatusCode.MODEL_DEPLOYING);
});

test.each([50, 60_001])('sample_ms %i is refused', async (sampleMs) => {
  const answer = await ask([picture(1)], { sampleMs });
  expect(answer.status).toMatchObject({
    code: 40001,
    details: `sample_ms is 100 to 60000, not ${sampleMs}`,
  });
});
