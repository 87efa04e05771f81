import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaAddress } from '@limpid/domain/input/media-path';
import { testPlatform } from '@limpid/testkit/platform';
import fastify from 'fastify';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFfmpeg } from '../media/find-ffmpeg.ts';
import { signedMediaUrl } from '../media/signed-url.ts';
import { readRange } from './byte-range.ts';
import { registerMediaRoutes } from './media.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const app = fastify();
registerMediaRoutes(app, platform.deps);
afterAll(() => app.close());

const at = { userAppId: { userId: 'ann', appId: 'hosted' } };
const id = 'Ünï cødé.png';
const image = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#a31' } })
  .png()
  .toBuffer();
const long = 'ä'.repeat(40_000);

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'hosted' }] }, ann);
  const inputs = [
    { id, data: { image: { base64: image } } },
    { id: 'short', data: { text: { raw: '<script>grün</script>' } } },
    { id: 'long', data: { text: { raw: long } } },
    { id: 'broken', data: { image: { base64: image.subarray(0, 200) } } },
  ];
  await platform.call('PostInputs', { ...at, inputs }, ann);
  await platform.drain();
});

const path = (change: Partial<MediaAddress> = {}): string => {
  const { size, kind, inputId } = { size: 'orig', kind: 'image', inputId: id, ...change };
  return `/media/${size}/users/ann/apps/hosted/inputs/${kind}/${encodeURIComponent(inputId)}`;
};
const get = (url: string, headers: Record<string, string> = { authorization: `Key ${ann.pat}` }) =>
  app.inject({ method: 'GET', url, headers });

test('the URLs of a listed input lead to its bytes, as they came', async () => {
  const { input } = await platform.call('GetInput', { ...at, inputId: id }, ann);
  const { prefix = '', suffix = '', sizes = [] } = input?.data?.image?.hosted ?? {};
  expect(prefix).toBe('http://127.0.0.1:8080/media');
  expect(sizes).toEqual(['orig', 'large', 'small', 'tiny']);
  const answer = await get(`${new URL(prefix).pathname}/orig/${suffix}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.rawPayload.equals(image)).toBe(true);
  expect(answer.headers).toMatchObject({
    'content-type': 'image/png',
    'content-length': String(image.length),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-disposition': "inline; filename*=UTF-8''%C3%9Cn%C3%AF%20c%C3%B8d%C3%A9.png",
    'content-security-policy': expect.stringContaining('sandbox'),
  });
});

test.each([
  ['large', 900],
  ['small', 640],
  ['tiny', 200],
] as const)('%s is made when it is asked for, and kept', async (size, width) => {
  const [first, second] = await Promise.all([get(path({ size })), get(path({ size }))]);
  expect(await sharp(first.rawPayload).metadata()).toMatchObject({ format: 'jpeg', width });
  const third = await get(path({ size }));
  expect(third.rawPayload.equals(first.rawPayload)).toBe(true);
  expect(second.headers.etag).toBe(third.headers.etag);
});

test('every kind of credential opens a medium, a bad one is told, none finds nothing', async () => {
  const keys = await platform.call(
    'PostKeys',
    { keys: [{ scopes: ['All'], apps: [{ id: 'hosted' }] }] },
    ann,
  );
  const appKey = keys.keys[0]?.id ?? '';
  const good = [
    { authorization: `Key ${ann.pat}` },
    { authorization: `Bearer ${ann.pat}` },
    { authorization: `Key ${appKey}` },
    { 'x-clarifai-session-token': ann.pat },
    { cookie: `a=b; x-clarifai-api-key=${ann.pat}; c=d` },
    { cookie: `x-clarifai-api-key=${appKey}` },
    { cookie: `x_clarifai_session_token=${ann.pat}` },
  ];
  for (const headers of good) expect((await get(path(), headers)).statusCode).toBe(200);
  const zeros = '0'.repeat(32);
  const bad = [
    { authorization: `Key ${zeros}` },
    { authorization: 'Basic abc' },
    { 'x-clarifai-session-token': zeros },
    { cookie: `x-clarifai-api-key=${zeros}` },
    { cookie: `x_clarifai_session_token=${zeros}` },
  ];
  for (const headers of bad) expect((await get(path(), headers)).statusCode).toBe(401);
  expect((await get(path(), {})).statusCode).toBe(404);
  expect((await get(path(), { cookie: 'other=1' })).statusCode).toBe(404);
});

test('a stranger, and a key of another app, find nothing; a key without the scope is refused', async () => {
  expect((await get(path(), { authorization: `Key ${bob.pat}` })).statusCode).toBe(404);
  await platform.call('PostApps', { apps: [{ id: 'other' }] }, ann);
  const made = await platform.call(
    'PostKeys',
    { keys: [{ scopes: ['All'], apps: [{ id: 'other' }] }] },
    ann,
  );
  expect((await get(path(), { authorization: `Key ${made.keys[0]?.id}` })).statusCode).toBe(404);
  const narrow = await platform.call('PostKeys', { keys: [{ scopes: ['Concepts:Get'] }] }, ann);
  const denied = await get(path(), { authorization: `Key ${narrow.keys[0]?.id}` });
  expect(denied.statusCode).toBe(403);
});

test.each([
  path({ inputId: 'absent' }),
  path({ kind: 'video' }),
  path({ size: 'thumbnail' }),
  path({ kind: 'text', inputId: 'short', size: 'tiny' }),
  '/media/orig/users/ann/apps/none/inputs/image/x',
  '/media/orig/users/none/apps/hosted/inputs/image/x',
  '/media/nothing',
])('%s is not there', async (url) => {
  expect((await get(url)).statusCode).toBe(404);
});

test('texts are served, short or long, and never shown in place', async () => {
  const short = await get(path({ kind: 'text', inputId: 'short' }));
  expect(short.payload).toBe('<script>grün</script>');
  expect(short.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(short.headers['content-disposition']).toMatch(/^attachment/);
  const whole = await get(path({ kind: 'text', inputId: 'long' }));
  expect(whole.payload).toBe(long);
  const { input } = await platform.call('GetInput', { ...at, inputId: 'long' }, ann);
  expect(input?.data?.text).toMatchObject({ raw: '', textInfo: { charCount: 40_000 } });
});

test('bytes that nobody could read are there to be fetched, as an attachment and in one size', async () => {
  const { input } = await platform.call('GetInput', { ...at, inputId: 'broken' }, ann);
  expect(input?.status?.code).toBe(30002);
  expect(input?.data?.image?.hosted?.sizes).toEqual(['orig']);
  const answer = await get(path({ inputId: 'broken' }));
  expect(answer.headers['content-disposition']).toMatch(/^attachment/);
  expect((await get(path({ inputId: 'broken', size: 'tiny' }))).statusCode).toBe(404);
});

test('ranges, conditions and HEAD are honoured', async () => {
  const auth = { authorization: `Key ${ann.pat}` };
  const part = await get(path(), { ...auth, range: 'bytes=10-19' });
  expect(part.statusCode).toBe(206);
  expect(part.headers['content-range']).toBe(`bytes 10-19/${image.length}`);
  expect(part.rawPayload.equals(image.subarray(10, 20))).toBe(true);
  const beyond = await get(path(), { ...auth, range: `bytes=${image.length}-` });
  expect(beyond.statusCode).toBe(416);
  expect(beyond.headers['content-range']).toBe(`bytes */${image.length}`);
  const etag = String(part.headers.etag);
  expect((await get(path(), { ...auth, 'if-none-match': `"x", ${etag}` })).statusCode).toBe(304);
  const other = await get(path(), { ...auth, range: 'bytes=0-1', 'if-range': '"x"' });
  expect(other.statusCode).toBe(200);
  const same = await get(path(), { ...auth, range: 'bytes=0-1', 'if-range': etag });
  expect(same.statusCode).toBe(206);
  const head = await app.inject({ method: 'HEAD', url: path(), headers: auth });
  expect(head.headers['content-length']).toBe(String(image.length));
  expect(head.rawPayload).toHaveLength(0);
  const text = await get(path({ kind: 'text', inputId: 'short' }), { ...auth, range: 'bytes=-9' });
  expect(text.payload).toBe('</script>');
});

test.each([
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=5-', { start: 5, end: 9 }],
  ['bytes=5-100', { start: 5, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-3', undefined],
  ['bytes=0-1,3-4', undefined],
  ['bytes=-', undefined],
  ['lines=0-1', undefined],
  [undefined, undefined],
] as const)('the range %j of ten bytes', (header, expected) => {
  expect(readRange(header, 10)).toEqual(expected);
});

test('a signed URL opens one size of one medium to everybody, for a while', async () => {
  const address = {
    size: 'orig',
    userId: 'ann',
    appId: 'hosted',
    kind: 'image',
    inputId: id,
  } as const;
  const url = new URL(signedMediaUrl(platform.deps, address, 60));
  const relative = `${url.pathname}${url.search}`;
  expect((await get(relative, {})).statusCode).toBe(200);
  expect((await get(relative.replace('/orig/', '/tiny/'), {})).statusCode).toBe(401);
  expect((await get(relative.replace('signature=', 'signature=x'), {})).statusCode).toBe(401);
  const expires = /expires=(\d+)/.exec(relative)?.[1];
  const later = relative.replace(`expires=${expires}`, `expires=${Number(expires) + 9}`);
  expect((await get(later, {})).statusCode).toBe(401);
  const { now } = platform.time;
  platform.time.now = new Date(now.getTime() + 61_000);
  expect((await get(relative, {})).statusCode).toBe(401);
  platform.time.now = now;
});

test('media of a public app is there for whoever is signed in', async () => {
  await platform.call('PostApps', { apps: [{ id: 'open', visibility: { gettable: 50 } }] }, ann);
  const place = { userAppId: { userId: 'ann', appId: 'open' } };
  await platform.call(
    'PostInputs',
    { ...place, inputs: [{ id: 't', data: { text: { raw: 'hi' } } }] },
    ann,
  );
  const url = '/media/orig/users/ann/apps/open/inputs/text/t';
  expect((await get(url, { authorization: `Key ${bob.pat}` })).payload).toBe('hi');
  expect((await get(url, {})).statusCode).toBe(404);
});

test('a video has a still in every size', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'limpid-video-'));
  const file = join(folder, 'a.mp4');
  const source = [
    '-f',
    'lavfi',
    '-i',
    'testsrc=size=800x600:rate=5:duration=2',
    '-pix_fmt',
    'yuv420p',
  ];
  execFileSync(findFfmpeg() ?? 'ffmpeg', ['-v', 'error', ...source, file]);
  const base64 = readFileSync(file);
  rmSync(folder, { recursive: true });
  await platform.call(
    'PostInputs',
    { ...at, inputs: [{ id: 'v', data: { video: { base64 } } }] },
    ann,
  );
  await platform.drain();
  const { input } = await platform.call('GetInput', { ...at, inputId: 'v' }, ann);
  expect(input?.status?.code).toBe(30000);
  expect(input?.data?.video).toMatchObject({
    videoInfo: { width: 800, height: 600, fps: 5, frameCount: 10, videoFormat: 'mp4' },
    hosted: { sizes: ['orig', 'thumbnail'] },
    hostedThumbnail: { sizes: ['thumbnail', 'large', 'small', 'tiny'] },
  });
  expect(input?.data?.video?.thumbnailUrl).toContain('/media/thumbnail/');
  const whole = await get(path({ kind: 'video', inputId: 'v' }));
  expect(whole.rawPayload.equals(base64)).toBe(true);
  expect(whole.headers['content-disposition']).toMatch(/^inline/);
  for (const [size, width] of [
    ['thumbnail', 800],
    ['small', 640],
    ['tiny', 200],
  ] as const) {
    const still = await get(path({ kind: 'video', inputId: 'v', size }));
    expect(await sharp(still.rawPayload).metadata(), size).toMatchObject({ format: 'jpeg', width });
  }
});
