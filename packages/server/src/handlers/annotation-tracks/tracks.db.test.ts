import { lockedBefore } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { type AnnotationTrackSchema, type MessageInitShape, StatusCode } from '@limpid/wire';
import { beforeAll, expect, test } from 'vitest';
import { labels, openPlace, type Place, text } from '../searches/testing/place.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
let place: Place;

type TrackInit = MessageInitShape<typeof AnnotationTrackSchema>;

beforeAll(async () => {
  place = await openPlace(platform, ann, 'films', { visibility: { gettable: 50 } });
  await place.post(text('v1'), text('v2'));
});

const post = (annotationTracks: TrackInit[], inputId = 'v1', as = ann) =>
  platform.call('PostAnnotationTracks', { ...place.at, inputId, annotationTracks }, as);
const patch = (annotationTracks: TrackInit[], action = 'overwrite') =>
  platform.call(
    'PatchAnnotationTracks',
    { ...place.at, inputId: 'v1', annotationTracks, action },
    ann,
  );
const list = async (fields: object = {}, as = ann) =>
  await platform.call('ListAnnotationTracks', { ...place.at, inputId: 'v1', ...fields }, as);
const listed = async (fields: object = {}) =>
  (await list(fields)).annotationTracks.map(({ id }) => id);
const remove = (ids: string[], inputId = '') =>
  platform.call('DeleteAnnotationTracks', { ...place.at, inputId, ids }, ann);

test('a track is made with a new concept, and read as it was made', async () => {
  const span = { startFrameNr: 3, endFrameNr: 30, startFrameMs: 100, endFrameMs: 1000 };
  const rates = { sampleRateMs: 40, sampleRateFrame: 1 };
  const track = { id: 'car', concept: { name: 'Blue car', value: 1 }, ...span, ...rates };
  const made = await post([track, {}]);
  expect(made.status?.code, made.status?.details).toBe(StatusCode.SUCCESS);
  const [car, other] = made.annotationTracks;
  expect(car).toMatchObject({ id: 'car', inputId: 'v1', ...span, ...rates });
  expect(car?.concept).toMatchObject({ id: 'Blue car', name: 'Blue car', appId: 'films' });
  expect(car?.status?.code).toBe(StatusCode.ANNOTATION_TRACK_IDLE);
  expect(other?.id).toMatch(/^[0-9a-f]{32}$/);
  const concept = await platform.call('GetConcept', { ...place.at, conceptId: 'Blue car' }, ann);
  expect(concept.status?.code).toBe(StatusCode.SUCCESS);
  expect((await list()).annotationTracks).toEqual(made.annotationTracks);
  await remove(['car', other?.id ?? '']);
});

test('tracks of one input, some of them, by pages, in their order', async () => {
  await post([{ id: 'c' }, { id: 'a' }, { id: 'b' }]);
  await post([{ id: 'a' }], 'v2');
  expect(await listed()).toEqual(['c', 'a', 'b']);
  expect(await listed({ ids: ['b', 'c', 'none'] })).toEqual(['c', 'b']);
  expect(await listed({ page: 2, perPage: 2 })).toEqual(['b']);
  expect(await listed({ page: 3, perPage: 2 })).toEqual([]);
  expect(await listed({ inputId: 'v2' })).toEqual(['a']);
  expect((await list({ inputId: 'none' })).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await list({ inputId: '' })).status?.details).toContain('input_id is required');
  await remove(['a', 'b', 'c'], 'v1');
  expect(await listed({ inputId: 'v2' })).toEqual(['a']);
  await remove(['a']);
  expect(await listed({ inputId: 'v2' })).toEqual([]);
});

test('what can not be a track is refused, all or none', async () => {
  await post([{ id: 'taken' }]);
  const details = async (...tracks: TrackInit[]) =>
    (await post([{ id: 'good' }, ...tracks])).status?.details;
  expect((await post([])).status?.details).toContain('1 to 128');
  expect(await details({ id: 'taken' })).toContain("ID 'taken' already exists");
  expect(await details({ id: 'good' })).toContain("ID 'good' already exists");
  expect(await details({ id: 'no spaces' })).toContain('not a valid id');
  expect(await details({ id: 'x', inputId: 'v2' })).toContain('another input');
  expect(await details({ startFrameNr: 5, endFrameNr: 4 })).toContain('before it starts');
  expect(await details({ startFrameMs: 5, endFrameMs: 4 })).toContain('before it starts');
  expect(await details({ status: { code: StatusCode.SUCCESS } })).toContain('status 10000');
  expect(await details({ concept: { id: 'x', value: 2 } })).toContain('from 0 to 1');
  expect((await post([{}], 'none')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect(await listed()).toEqual(['taken']);
  await remove(['taken']);
});

test('a patch overwrites what it carries, all or none', async () => {
  await post([{ id: 'p', startFrameNr: 1, endFrameNr: 9, concept: { id: 'car' } }, { id: 'q' }]);
  const approved = { code: StatusCode.ANNOTATION_TRACK_APPROVED, details: 'seen' };
  const patched = await patch([{ id: 'p', endFrameNr: 12, status: approved }]);
  expect(patched.annotationTracks[0]).toMatchObject({
    startFrameNr: 1,
    endFrameNr: 12,
    concept: { id: 'car' },
    status: approved,
  });
  const renamed = await patch([{ id: 'q', concept: { id: 'bus' } }]);
  expect(renamed.annotationTracks[0]?.concept?.name).toBe('bus');
  const both = await patch([{ id: 'q', endFrameNr: 5 }, { id: 'none' }]);
  expect(both.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await patch([{ id: 'p', endFrameNr: 0, startFrameNr: 13 }])).status?.details).toContain(
    'before it starts',
  );
  expect((await patch([{ id: 'p' }], 'merge')).status?.details).toContain("action 'merge'");
  const [, q] = (await list()).annotationTracks;
  expect(q?.endFrameNr).toBe(0);
  await remove(['p', 'q']);
});

const region = (trackId?: string) => ({
  regionInfo: { boundingBox: { topRow: 0, leftCol: 0, bottomRow: 1, rightCol: 1 } },
  data: labels('car'),
  ...(trackId && { trackId }),
});
const frame = (id: string, time: bigint, trackId?: string, inputId = 'v1') => ({
  id,
  inputId,
  data: { frames: [{ frameInfo: { time }, data: { regions: [region(trackId)] } }] },
});

test('with a track go the annotations of it, and no others', async () => {
  await post([{ id: 'gone' }, { id: 'kept' }]);
  await place.annotate(
    frame('g1', 0n, 'gone'),
    frame('g2', 40n, 'gone'),
    frame('k1', 0n, 'kept'),
    frame('free', 0n),
    frame('elsewhere', 0n, 'gone', 'v2'),
    { id: 'flat', inputId: 'v1', data: { regions: [region('gone')] } },
  );
  expect((await remove(['gone', 'none'])).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await remove([])).status?.code).toBe(StatusCode.SUCCESS);
  expect(await listed()).toEqual(['gone', 'kept']);
  expect((await remove(['gone'], 'v2')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await remove(['gone'], 'v1')).status?.code).toBe(StatusCode.SUCCESS);
  expect(await listed()).toEqual(['kept']);
  const { annotations } = await platform.call(
    'ListAnnotations',
    { ...place.at, listAllAnnotations: true },
    ann,
  );
  const named = annotations.filter(({ inputLevel }) => !inputLevel).map(({ id }) => id);
  expect(named.sort()).toEqual(['elsewhere', 'free', 'k1']);
});

test('an annotation that has other regions too outlives a track of it', async () => {
  await post([{ id: 'half' }]);
  await place.annotate(frame('whole', 0n, 'half'), frame('shared', 0n, 'half'));
  const { db } = platform.deps;
  const body = (...regions: object[]) =>
    JSON.stringify({ data: { frames: [{ frame_info: {}, data: { regions } }] } });
  await db
    .updateTable('annotations')
    .set({ body: body({ track_id: 'half' }, { track_id: 'kept' }) })
    .where('id', '=', 'shared')
    .execute();
  await remove(['half']);
  const left = await db
    .selectFrom('annotations')
    .select('id')
    .where('id', 'in', ['whole', 'shared']);
  expect((await left.execute()).map(({ id }) => id)).toEqual(['shared']);
});

test('strangers read the tracks of a public app and write none', async () => {
  const answer = await list({}, bob);
  expect(answer.annotationTracks.map(({ id }) => id)).toEqual(['kept']);
  expect((await post([{}], 'v1', bob)).status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
});

test('patches at the same time all count, and take tracks in one order', async () => {
  await post([{ id: 'first' }, { id: 'second' }]);
  const changes = [{ startFrameNr: 1 }, { endFrameNr: 9 }, { sampleRateMs: 40 }];
  await Promise.all(
    changes.map(async (change) => {
      const answer = await patch([{ id: 'first', ...change }]);
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  const { annotationTracks } = await list({ ids: ['first'] });
  expect(annotationTracks[0]).toMatchObject(Object.assign({}, ...changes));
  const both = ['second', 'first'].map((id) => ({ id, endFrameMs: 100 }));
  const locked = await lockedBefore(platform.deps.db, 'annotation_tracks', 'first', async () => {
    expect((await patch(both)).annotationTracks).toMatchObject(both);
  });
  expect(locked).toEqual([]);
  await remove(['first', 'second']);
});
