import { testPlatform } from '@limpid/testkit/platform';
import {
  AnnotationDataType as Kind,
  type PostTrackAnnotationsSearchesRequest,
  StatusCode,
  type StreamAnnotationsRequest,
  type StreamTrackAnnotationsSearchesRequest,
} from '@limpid/wire';
import { beforeAll, expect, test } from 'vitest';
import { labels, openPlace, type Place, text } from '../searches/testing/place.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
let place: Place;

const box = { boundingBox: { topRow: 0, leftCol: 0, bottomRow: 1, rightCol: 1 } };
const point = { point: { row: 0.5, col: 0.5 } };
interface At {
  readonly time?: bigint;
  readonly number?: number;
}

function frame(id: string, frameInfo: At, data: object, inputId = 'v1', userId = 'ann') {
  return { id, inputId, userId, data: { frames: [{ frameInfo, data }] } };
}
const region = (regionInfo: object, trackId = '') => ({
  regions: [{ regionInfo, trackId, data: labels('car') }],
});

beforeAll(async () => {
  place = await openPlace(platform, ann, 'films', { visibility: { gettable: 50 } });
  await place.post(text('v1'), text('v2'), text('long'));
  const tag = { concepts: [{ id: 'night', value: 1, metadata: { prediction_score: 0.6 } }] };
  // Neither in the order of their frames nor all by the same person.
  await place.annotate(
    frame('late', { time: 3000n, number: 90 }, region(box, 'a')),
    frame('b0', { time: 0n, number: 0 }, region(box, 'b'), 'v1', 'bob'),
    frame('a0', { time: 0n, number: 0 }, region(box, 'a')),
    frame('a2', { time: 80n, number: 2 }, region(point, 'a')),
    frame('a1', { time: 40n, number: 1 }, region(box, 'a')),
    frame('tag1', { time: 40n, number: 1 }, tag),
    frame('free2', { time: 80n, number: 2 }, region({ polygon: { points: [] } })),
    frame('other', { time: 0n }, region(box, 'a'), 'v2'),
    { id: 'still', inputId: 'v1', data: region(box, 'a') },
  );
});

async function search(fields: Partial<PostTrackAnnotationsSearchesRequest>, as = ann) {
  const request = { ...place.at, inputId: 'v1', ...fields };
  const answer = await platform.call('PostTrackAnnotationsSearches', request as never, as);
  return { status: answer.status, ids: answer.annotations.map(({ id }) => id) };
}

async function stream(fields: Partial<StreamAnnotationsRequest>, as = ann) {
  const request = { ...place.at, inputId: 'v1', ...fields };
  return await platform.stream('StreamAnnotations', [request as never], as);
}
const streamed = async (fields: Partial<StreamAnnotationsRequest>) =>
  (await stream(fields)).map(({ annotation }) => annotation?.id);

test('annotations of tracks come in the order of their frames, whoever made them', async () => {
  const { status, ids } = await search({});
  expect(status?.code, status?.details).toBe(StatusCode.SUCCESS);
  expect(ids).toEqual(['b0', 'a0', 'a1', 'a2']);
  expect((await search({ trackId: 'a' })).ids).toEqual(['a0', 'a1', 'a2']);
  expect((await search({ trackId: 'none' })).ids).toEqual([]);
});

test('a stretch of the video is asked for by numbers of frames or by time', async () => {
  const trackId = 'a';
  expect((await search({ trackId, frameNumberStart: 1 })).ids).toEqual(['a1', 'a2']);
  expect((await search({ trackId, frameNumberStart: 2, maxFrames: 1 })).ids).toEqual(['a2']);
  expect((await search({ trackId, frameNumberStart: 31 })).ids).toEqual(['late']);
  expect((await search({ trackId, frameTimeStart: 40n })).ids).toEqual(['a1', 'a2', 'late']);
  expect((await search({ trackId, frameTimeStart: 40n, maxDuration: 40n })).ids).toEqual(['a1']);
  expect((await search({ trackId, frameTimeStart: 1n, maxDuration: 2999n })).ids).toEqual([
    'a1',
    'a2',
  ]);
});

test('by what was drawn and who drew it', async () => {
  expect((await search({ annotationType: Kind.BOUNDING_BOX })).ids).toEqual(['b0', 'a0', 'a1']);
  expect((await search({ annotationType: Kind.POINT })).ids).toEqual(['a2']);
  expect((await search({ annotationType: Kind.MASK })).ids).toEqual([]);
  const both = (Kind.POINT | Kind.POLYGON) as Kind;
  expect(await streamed({ annotationType: both })).toEqual(['a2', 'free2']);
  expect(await streamed({ annotationType: Kind.TAG })).toEqual(['tag1']);
  const by = (id: string) => ({ worker: { case: 'user', value: { id } } }) as never;
  expect((await search({ worker: by('bob') })).ids).toEqual(['b0']);
  expect((await search({ worker: by('me'), trackId: 'a' })).ids).toEqual(['a0', 'a1', 'a2']);
  const model = { worker: { case: 'model', value: { modelVersion: { id: 'none' } } } } as never;
  expect((await search({ worker: model })).ids).toEqual([]);
});

test('a stream tells everything of the frames, and which is the last of its frame', async () => {
  const answers = await stream({});
  expect(answers.every(({ status }) => status?.code === StatusCode.SUCCESS)).toBe(true);
  const told = answers.map((one) => [one.annotation?.id, one.frameFullyProcessed]);
  expect(told).toEqual([
    ['b0', false],
    ['a0', true],
    ['a1', false],
    ['tag1', true],
    ['a2', false],
    ['free2', true],
    ['late', true],
  ]);
  expect(answers[0]?.annotation?.data?.frames[0]?.data?.regions[0]?.trackId).toBe('b');
  expect(await streamed({ trackIds: ['b', 'none'] })).toEqual(['b0']);
  expect(await streamed({ trackIds: ['a', 'b'], maxFrames: 1 })).toEqual(['b0', 'a0']);
  expect(await streamed({ inputId: 'v2' })).toEqual(['other']);
  expect(await stream({ inputId: 'long' })).toEqual([]);
});

test('of a video that is being taken in no frame is complete', async () => {
  const { db } = platform.deps;
  const set = (status_code: number) =>
    db.updateTable('inputs').set({ status_code }).where('id', '=', 'v2').execute();
  await set(StatusCode.INPUT_DOWNLOAD_IN_PROGRESS);
  expect((await stream({ inputId: 'v2' }))[0]?.frameFullyProcessed).toBe(false);
  await set(StatusCode.INPUT_DOWNLOAD_SUCCESS);
  expect((await stream({ inputId: 'v2' }))[0]?.frameFullyProcessed).toBe(true);
});

test('by how sure a model was', async () => {
  expect(await streamed({ minPredictionScore: 0.5 })).toEqual(['tag1']);
  // What a client that speaks floats sends for 0.6 is a little more than the 0.6 in JSON.
  expect(await streamed({ minPredictionScore: Math.fround(0.6) })).toEqual(['tag1']);
  expect(await streamed({ minPredictionScore: 0.7 })).toEqual([]);
});

test('the older stream gives tracks alone', async () => {
  const ask = async (fields: Partial<StreamTrackAnnotationsSearchesRequest>) => {
    const request = { ...place.at, inputId: 'v1', ...fields } as never;
    const answers = await platform.stream('StreamTrackAnnotationsSearches', [request], ann);
    return answers.map(({ annotation }) => annotation?.id);
  };
  expect(await ask({})).toEqual(['b0', 'a0', 'a1', 'a2', 'late']);
  expect(await ask({ trackId: 'b' })).toEqual(['b0']);
  expect(await ask({ trackId: 'a', frameTimeStart: 80, maxFrames: 3 })).toEqual(['a2']);
});

test('nothing is missed or repeated where a video has more than one read', async () => {
  const ids = Array.from({ length: 5 * 128 }, (_, index) => `f${String(index).padStart(3, '0')}`);
  // Some frames have several annotations, also where one read ends and the next begins.
  const made = ids.map((id, index) =>
    frame(id, { number: Math.floor(index / 3) }, region(box, 'x'), 'long'),
  );
  for (let index = 0; index < made.length; index += 128)
    await place.annotate(...made.slice(index, index + 128).reverse());
  const answers = await stream({ inputId: 'long' });
  const found = answers.map(({ annotation }) => annotation?.id ?? '');
  expect([...found].sort()).toEqual(ids);
  const numbers = answers.map(
    ({ annotation }) => annotation?.data?.frames[0]?.frameInfo?.number ?? -1,
  );
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  const ends = answers.filter((one) => one.frameFullyProcessed);
  expect(ends).toHaveLength(Math.ceil(ids.length / 3));
});

test('what makes no sense, is not there or is hidden is refused', async () => {
  const code = async (fields: Partial<PostTrackAnnotationsSearchesRequest>) =>
    (await search(fields)).status?.code;
  const invalid = StatusCode.ANNOTATION_INVALID_ARGUMENT;
  expect(await code({ maxFrames: 61 })).toBe(invalid);
  expect(await code({ maxDuration: 3001n })).toBe(invalid);
  expect(await code({ annotationType: 64 as Kind })).toBe(invalid);
  expect(await code({ inputId: '' })).toBe(invalid);
  expect(await code({ inputId: 'none' })).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const statusOf = async (fields: Partial<StreamAnnotationsRequest>) =>
    (await stream(fields)).map(({ status }) => status?.code);
  expect(await statusOf({ minPredictionScore: 2 })).toEqual([invalid]);
  expect(await statusOf({ trackIds: Array.from({ length: 129 }, () => 'x') })).toEqual([invalid]);
  expect(await statusOf({ inputId: 'none' })).toEqual([StatusCode.CONN_DOES_NOT_EXIST]);
  expect((await search({ trackId: 'b' }, bob)).ids).toEqual(['b0']);
  const hidden = await openPlace(platform, ann, 'hidden');
  const request = { ...hidden.at, inputId: 'v1' };
  const answer = await platform.call('PostTrackAnnotationsSearches', request, bob);
  expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});
