import { randomBytes } from 'node:crypto';
import { transaction } from '@limpid/store';
import { insertParts } from '@limpid/store/db/uploads';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode, StatusError } from '@limpid/wire';
import fastify from 'fastify';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { purgeDueBlobs } from '../../flows/media/purge.ts';
import { removeExpired } from '../../flows/upload/expire.ts';
import { registerFileRoutes } from '../../routes/files.ts';

const platform = await testPlatform();
const { deps } = platform;
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const at = { userAppId: { userId: 'ann', appId: 'files' } };
const files = fastify();
registerFileRoutes(files, deps);
afterAll(() => files.close());

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'files', visibility: { gettable: 50 } }] }, ann);
});

const begin = async (contentLength: number, id = '', as = ann) => {
  const uploads = [{ id, contentName: 'a b.zip', contentLength: BigInt(contentLength) }];
  return await platform.call('PostUploads', { ...at, uploads }, as);
};
const started = async (contentLength: number) => (await begin(contentLength)).uploads[0]?.id ?? '';
const put = (uploadId: string, ...parts: [number, Uint8Array][]) => {
  const contentParts = parts.map(([number, data]) => ({ partNumber: BigInt(number), data }));
  return platform.call('PutUploadContentParts', { ...at, uploadId, contentParts }, ann);
};
const get = async (uploadId: string, as = ann) =>
  await platform.call('GetUpload', { ...at, uploadId }, as);
const fetch = (url: string, headers: Record<string, string> = {}) =>
  files.inject({ url: new URL(url).pathname, headers });
const mine = { authorization: `Key ${ann.pat}` };

async function blobsLeft(): Promise<number> {
  await sql`update blob_trash set due_at = now()`.execute(deps.db);
  await purgeDueBlobs(deps, new AbortController().signal);
  let count = 0;
  for await (const _ of deps.blobs.list('')) count += 1;
  return count;
}

test('parts in any order, and any of them again, make up the content', async () => {
  const bytes = randomBytes(1000);
  const made = await begin(1000, 'mixed-up');
  expect(made.uploads[0]).toMatchObject({
    id: 'mixed-up',
    contentName: 'a b.zip',
    contentLength: 1000n,
    contentUrl: '',
    status: { code: StatusCode.UPLOAD_IN_PROGRESS, percentCompleted: 0 },
  });
  const third = bytes.subarray(700);
  const first = bytes.subarray(0, 300);
  await put('mixed-up', [3, third]);
  const two = await put('mixed-up', [1, first], [3, third], [1, first]);
  expect(two.status?.code).toBe(StatusCode.SUCCESS);
  expect(two.upload?.status).toMatchObject({
    code: StatusCode.UPLOAD_IN_PROGRESS,
    percentCompleted: 60,
  });
  const done = await put('mixed-up', [2, bytes.subarray(300, 700)]);
  expect(done.upload?.status).toMatchObject({
    code: StatusCode.UPLOAD_DONE,
    percentCompleted: 100,
  });
  const again = await put('mixed-up', [3, third]);
  expect(again.upload?.status?.code).toBe(StatusCode.UPLOAD_DONE);
  const { upload } = await get('mixed-up');
  expect(upload?.contentUrl).toBe(
    'http://127.0.0.1:8080/files/users/ann/apps/files/uploads/mixed-up',
  );
  const whole = await fetch(upload?.contentUrl ?? '', mine);
  expect(whole.rawPayload.equals(bytes)).toBe(true);
  expect(whole.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': "attachment; filename*=UTF-8''a%20b.zip",
    'content-length': '1000',
  });
  const stretch = await fetch(upload?.contentUrl ?? '', { ...mine, range: 'bytes=290-709' });
  expect(stretch.statusCode).toBe(206);
  expect(stretch.rawPayload.equals(bytes.subarray(290, 710))).toBe(true);
});

test('the same parts at the same time are kept once', async () => {
  const id = await started(90);
  const parts = [1, 2, 3].map((number): [number, Buffer] => [number, Buffer.alloc(30, number)]);
  const before = await blobsLeft();
  const answers = await Promise.all([1, 2, 3, 4].map(() => put(id, ...parts)));
  expect(answers.map(({ status }) => status?.code)).toEqual(Array(4).fill(StatusCode.SUCCESS));
  expect((await get(id)).upload?.status?.code).toBe(StatusCode.UPLOAD_DONE);
  expect((await blobsLeft()) - before).toBe(3);
});

test('what does not fit changes nothing', async () => {
  const id = await started(10);
  await put(id, [1, Buffer.from('12345')]);
  const before = await blobsLeft();
  const other = await put(id, [2, Buffer.from('6')], [1, Buffer.from('54321')]);
  expect(other.status?.code).toBe(StatusCode.UPLOAD_CONFLICT);
  const long = await put(id, [2, Buffer.from('678901')]);
  expect(long.status).toMatchObject({
    code: StatusCode.CONN_INVALID_REQUEST,
    details: 'the parts are longer than content_length, 10 bytes',
  });
  for (const number of [0, -1, 10_001])
    expect((await put(id, [number, Buffer.from('x')])).status?.details).toContain('part_number');
  expect((await put(id, [2, Buffer.alloc(0)])).status?.details).toBe('part 2 has no data');
  expect((await put(id)).status?.details).toBe('content_parts is empty');
  expect((await get(id)).upload?.status?.percentCompleted).toBe(50);
  expect(await blobsLeft()).toBe(before);
});

test('a part whose bytes could not be kept can be sent again', async () => {
  const id = await started(5);
  const { put: keep } = deps.blobs;
  deps.blobs.put = () => Promise.reject(new StatusError(StatusCode.INTERNAL_RESOURCE_EXHAUSTED));
  try {
    expect((await put(id, [1, Buffer.from('12345')])).status?.code).toBe(98014);
  } finally {
    deps.blobs.put = keep;
  }
  expect((await get(id)).upload?.status?.code).toBe(StatusCode.UPLOAD_IN_PROGRESS);
  expect((await put(id, [1, Buffer.from('12345')])).upload?.status?.code).toBe(
    StatusCode.UPLOAD_DONE,
  );
});

test('bad beginnings are refused', async () => {
  const refused = async (upload: object) => {
    const answer = await platform.call('PostUploads', { ...at, uploads: [upload] }, ann);
    expect(answer.uploads).toEqual([]);
    return answer.status?.code;
  };
  const invalid = 11102;
  expect(await refused({})).toBe(invalid);
  expect(await refused({ contentLength: 2n ** 60n })).toBe(invalid);
  expect(await refused({ contentLength: 1n, id: '../x' })).toBe(invalid);
  expect(await refused({ contentLength: 1n, contentName: 'a\0b' })).toBe(invalid);
  expect((await platform.call('PostUploads', at, ann)).status?.code).toBe(invalid);
  await begin(1, 'once');
  expect((await begin(1, 'once')).status?.code).toBe(StatusCode.UPLOAD_CONFLICT);
});

test('an upload whose time is over takes nothing, loses its content, and then goes', async () => {
  const before = await blobsLeft();
  const id = await started(4);
  await put(id, [1, Buffer.from('12')]);
  const start = platform.time.now;
  const day = (days: number) => {
    platform.time.now = new Date(start.getTime() + days * 24 * 3_600_000 + 1000);
  };
  try {
    day(7);
    expect((await put(id, [2, Buffer.from('34')])).status?.code).toBe(StatusCode.UPLOAD_EXPIRED);
    await removeExpired(deps);
    expect((await get(id)).upload?.status?.code).toBe(StatusCode.UPLOAD_EXPIRED);
    expect((await put(id, [2, Buffer.from('34')])).status?.code).toBe(StatusCode.UPLOAD_EXPIRED);
    expect(await blobsLeft()).toBe(0);
    expect(before).toBeGreaterThan(0);
    day(14);
    await removeExpired(deps);
    expect((await get(id)).status?.code).toBe(11101);
  } finally {
    platform.time.now = start;
  }
});

test('lists are newest first and paged; what is deleted is gone with its content', async () => {
  const before = await blobsLeft();
  const ids = [await started(3), await started(3), await started(3)];
  for (const id of ids) await put(id, [1, Buffer.from('abc')]);
  const list = async (page: number, perPage: number) =>
    (await platform.call('ListUploads', { ...at, page, perPage }, ann)).uploads.map(({ id }) => id);
  expect(await list(1, 2)).toEqual([ids[2], ids[1]]);
  expect(await list(2, 2)).toContain(ids[0]);
  expect(await list(1000, 2)).toEqual([]);
  const gone = await platform.call('DeleteUploads', { ...at, ids: [...ids, 'none'] }, ann);
  expect(gone.status?.code).toBe(11101);
  expect(await list(1, 3)).toEqual(ids.toReversed());
  expect((await platform.call('DeleteUploads', { ...at, ids }, ann)).status?.code).toBe(10000);
  expect((await get(ids[0] ?? '')).status?.code).toBe(11101);
  expect((await platform.call('DeleteUploads', at, ann)).status?.code).toBe(10000);
  expect(await blobsLeft()).toBe(before);
});

test('nobody else sees or touches uploads, however public the app', async () => {
  await begin(3, 'secret');
  await put('secret', [1, Buffer.from('abc')]);
  const codes = [
    (await get('secret', bob)).status?.code,
    (await platform.call('ListUploads', at, bob)).status?.code,
    (await begin(3, '', bob)).status?.code,
    (await platform.call('DeleteUploads', { ...at, ids: ['secret'] }, bob)).status?.code,
  ];
  expect(codes).toEqual(Array(4).fill(StatusCode.CONN_INSUFFICIENT_SCOPES));
  const url = (await get('secret')).upload?.contentUrl ?? '';
  expect((await fetch(url)).statusCode).toBe(404);
  expect((await fetch(url, { authorization: `Key ${bob.pat}` })).statusCode).toBe(404);
  expect((await fetch(`${url}x`, mine)).statusCode).toBe(404);
  expect((await fetch(url, mine)).body).toBe('abc');
});

test('a content that is only half there can not be fetched', async () => {
  const id = await started(4);
  await put(id, [1, Buffer.from('12')]);
  const path = `http://x/files/users/ann/apps/files/uploads/${id}`;
  expect((await fetch(path, mine)).statusCode).toBe(404);
});

test('no part number stands twice', async () => {
  const id = await started(4);
  const { key } = await deps.db
    .selectFrom('uploads')
    .select('key')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const part = { upload_key: key, number: 1, blob: 'x', size: 1n, sha256: Buffer.alloc(32) };
  const twice = transaction(deps.db, (tx) => insertParts(tx, [part, part]));
  await expect(twice).rejects.toThrow();
});
