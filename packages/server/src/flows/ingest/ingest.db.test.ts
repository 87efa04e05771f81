import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { grantApp } from '@limpid/domain/access/authority';
import { enqueue, transaction } from '@limpid/store';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { claimInputs, finishInputs } from '@limpid/store/db/input-work';
import { expectBlobs } from '@limpid/store/db/media';
import { testPlatform } from '@limpid/testkit/platform';
import { modelDeploying, StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import pg from 'pg';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { purgeBlobs } from '../../jobs.ts';
import { reviveStuckInputs } from '../../reconcile/stuck-inputs.ts';
import { type BaseWorkflow, noEffects } from './base-workflow.ts';

const platform = await testPlatform();
const { db } = platform.deps;
const ann = await platform.addUser('ann');

const image = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a1' } })
  .jpeg()
  .toBuffer();
const files: Record<string, Buffer> = {
  '/a.jpg': image,
  '/broken.jpg': image.subarray(0, image.length / 2),
  '/page.html': Buffer.from('<html>hello</html>'),
  '/a.txt': Buffer.from('grün'),
  '/latin1.txt': Buffer.from([0x67, 0xfc]),
};
let requests = 0;
const server = http.createServer((request, response) => {
  requests += 1;
  const file = files[request.url?.replace(/\?.*/, '') ?? ''];
  // A type that lies: it is never believed.
  if (file) response.setHeader('content-type', 'image/png').end(file);
  else response.writeHead(404).end();
});
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

let apps = 0;

async function newApp() {
  apps += 1;
  const id = `app${apps}`;
  await platform.call('PostApps', { apps: [{ id }] }, ann);
  const row = await db
    .selectFrom('apps')
    .select('key')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const scope = grantApp({
    appKey: row.key,
    appId: id,
    userKey: ann.key,
    userId: 'ann',
    standing: 'owner',
  });
  return { at: { userAppId: { userId: 'ann', appId: id } }, scope };
}

type Place = Awaited<ReturnType<typeof newApp>>['at'];

const imageUrl = (id: string, path: string) => ({
  id,
  data: { image: { url: base + path, allowDuplicateUrl: true } },
});

async function post(at: Place, ...inputs: object[]): Promise<void> {
  const answer = await platform.call('PostInputs', { ...at, inputs }, ann);
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
}

async function statusOf(at: Place, inputId: string) {
  const { input } = await platform.call('GetInput', { ...at, inputId }, ann);
  return input?.status;
}

const keysOf = async (at: Place) =>
  (
    await db
      .selectFrom('inputs as i')
      .innerJoin('apps as a', 'a.key', 'i.app_key')
      .select('i.key')
      .where('a.id', '=', at.userAppId.appId)
      .orderBy('i.key')
      .execute()
  ).map(({ key }) => key);

async function emptyTrash(): Promise<void> {
  await sql`update blob_trash set due_at = now()`.execute(db);
  await transaction(db, (tx) => enqueue(tx, [purgeBlobs.with({})]));
  await platform.drain();
}

async function blobKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of platform.deps.blobs.list('')) keys.push(key);
  return keys;
}

test('what is behind URLs is fetched, told by its bytes, and kept', async () => {
  const { at } = await newApp();
  await post(
    at,
    imageUrl('good', '/a.jpg?x=1'),
    imageUrl('broken', '/broken.jpg'),
    imageUrl('page', '/page.html'),
    imageUrl('gone', '/gone.jpg'),
    { id: 'text', data: { text: { url: `${base}/a.txt` } } },
    { id: 'binary', data: { text: { url: `${base}/latin1.txt` } } },
    { id: 'private', data: { image: { url: 'http://10.0.0.1/a.jpg' } } },
  );
  await platform.drain();
  const codes = new Map<string, number | undefined>();
  for (const id of ['good', 'broken', 'page', 'gone', 'text', 'binary', 'private']) {
    codes.set(id, (await statusOf(at, id))?.code);
  }
  expect(Object.fromEntries(codes)).toEqual({
    good: 30000,
    broken: 30002,
    page: 30101,
    gone: 30002,
    text: 30000,
    binary: 30101,
    private: 30106,
  });
  const { input } = await platform.call('GetInput', { ...at, inputId: 'good' }, ann);
  expect(input?.data?.image).toMatchObject({
    url: `${base}/a.jpg?x=1`,
    imageInfo: { width: 40, height: 30, format: 'JPEG' },
    hosted: { sizes: ['orig', 'large', 'small', 'tiny'] },
  });
  expect((await statusOf(at, 'gone'))?.details).toContain('404');
});

const answering = (change: Partial<BaseWorkflow>): BaseWorkflow => ({
  describes: async () => true,
  run: async () => noEffects,
  ...change,
});

test('what the base workflow says is written once, with the status', async () => {
  const { at, scope } = await newApp();
  await post(
    at,
    imageUrl('a', '/a.jpg'),
    { id: 't', data: { text: { raw: 'hello' } } },
    imageUrl('b', '/broken.jpg'),
  );
  const concepts = await transaction(db, (tx) =>
    ensureConcepts(tx, scope, [{ id: 'seen', name: 'seen' }]),
  );
  const conceptKey = concepts.get('seen') ?? 0n;
  const asked: string[] = [];
  const workflow = answering({
    run: async (_app, inputs) => {
      asked.push(...inputs.map(({ id }) => id));
      return {
        ...noEffects,
        annotations: inputs.map(({ key, id }) => ({
          inputKey: key,
          id: `by-model-${id}`,
          statusCode: StatusCode.ANNOTATION_SUCCESS,
          workflowVersion: version,
          body: '{"data":{"concepts":[{"id":"seen","value":0.75}]}}',
          concepts: [{ conceptKey, value: 0.75 }],
        })),
        failures: inputs
          .filter(({ id }) => id === 't')
          .map(({ key }) => ({ inputKey: key, code: 30101, details: 'no texts' })),
      };
    },
  });
  const version = await anyWorkflowVersion(scope.appKey);
  await platform.drain({ workflow });
  expect(asked.sort()).toEqual(['a', 't']);
  expect((await statusOf(at, 'a'))?.code).toBe(30000);
  expect(await statusOf(at, 't')).toMatchObject({ code: 30101, details: 'no texts' });
  expect((await statusOf(at, 'b'))?.code).toBe(30002);
  const rows = await db
    .selectFrom('annotations')
    .select(['id', 'input_level'])
    .where('app_key', '=', scope.appKey)
    .orderBy('id')
    .execute();
  expect(rows).toEqual([
    { id: 'by-model-a', input_level: false },
    { id: 'by-model-t', input_level: false },
  ]);
});

async function anyWorkflowVersion(appKey: bigint): Promise<bigint> {
  const workflow = await db
    .insertInto('workflows')
    .values({ app_key: appKey, id: 'w' })
    .returning('key')
    .executeTakeFirstOrThrow();
  const version = await db
    .insertInto('workflow_versions')
    .values({ workflow_key: workflow.key, id: 'v' })
    .returning('key')
    .executeTakeFirstOrThrow();
  return version.key;
}

test('a model that is not ready yet puts inputs back, and no attempt is counted', async () => {
  const { at } = await newApp();
  await post(at, imageUrl('a', '/a.jpg'));
  const busy = answering({
    run: async () => {
      throw modelDeploying();
    },
  });
  await platform.drain({ workflow: busy });
  const row = () =>
    db
      .selectFrom('inputs')
      .select(['status_code', 'attempts'])
      .where('id', '=', 'a')
      .orderBy('key', 'desc')
      .executeTakeFirst();
  expect(await row()).toEqual({ status_code: 30001, attempts: 0 });
  const fetched = requests;
  await sql`update graphile_worker._private_jobs set run_at = now()`.execute(db);
  await platform.drain({ workflow: answering({}) });
  expect((await statusOf(at, 'a'))?.code).toBe(30000);
  expect(requests).toBe(fetched);
});

test('an input that takes the process down each time fails in the end, its neighbours do not', async () => {
  const { at, scope } = await newApp();
  await post(at, imageUrl('poison', '/a.jpg'), imageUrl('next', '/a.jpg'));
  const keys = await keysOf(at);
  const [poison = 0n] = keys;
  // What four killed processes left behind.
  await claimInputs(db, scope, keys, 9);
  for (let n = 0; n < 3; n += 1) await claimInputs(db, scope, [poison], 9);
  await platform.drain();
  expect(await statusOf(at, 'poison')).toMatchObject({
    code: 30002,
    details: 'processing was interrupted 4 times',
  });
  expect((await statusOf(at, 'next'))?.code).toBe(30000);
});

test('of two workers on one input, only the one that came last may finish it', async () => {
  const { at, scope } = await newApp();
  await post(at, imageUrl('a', '/a.jpg'));
  const keys = await keysOf(at);
  const [first] = await claimInputs(db, scope, keys, 9);
  const [second] = await claimInputs(db, scope, keys, 9);
  const finish = (claim: typeof first, statusCode: number) =>
    transaction(db, (tx) =>
      finishInputs(tx, scope, claim ? [{ claim, statusCode, details: '', media: [] }] : []),
    );
  expect((await finish(first, 30002)).keys.size).toBe(0);
  expect((await finish(second, 30000)).keys.size).toBe(1);
  expect((await finish(second, 30002)).keys.size).toBe(0);
  expect((await statusOf(at, 'a'))?.code).toBe(30000);
});

test('inputs whose job was lost are found and finished', async () => {
  const { at } = await newApp();
  await post(at, imageUrl('a', '/a.jpg'));
  await sql`delete from graphile_worker._private_jobs`.execute(db);
  await reviveStuckInputs(platform.deps);
  await platform.drain();
  // It is not stuck yet: somebody may be at it.
  expect((await statusOf(at, 'a'))?.code).toBe(30001);
  await sql`update inputs set modified_at = now() - interval '11 minutes' where status_code = 30001`.execute(
    db,
  );
  await reviveStuckInputs(platform.deps);
  await reviveStuckInputs(platform.deps);
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::integer as count from graphile_worker.jobs`.execute(db);
  expect(rows[0]?.count).toBe(1);
  await platform.drain();
  expect((await statusOf(at, 'a'))?.code).toBe(30000);
});

test('inputs of a deleted app are left alone', async () => {
  const { at } = await newApp();
  await post(at, imageUrl('a', '/a.jpg'));
  await platform.call('DeleteApp', at, ann);
  await platform.drain();
  const [key = 0n] = await keysOf(at);
  const row = await db
    .selectFrom('inputs')
    .select('status_code')
    .where('key', '=', key)
    .executeTakeFirst();
  expect(row?.status_code).toBe(30001);
});

test('an input that is deleted while it is worked on leaves nothing behind', async () => {
  const { at } = await newApp();
  await emptyTrash();
  const before = await blobKeys();
  await post(at, imageUrl('a', '/a.jpg'));
  const workflow = answering({
    run: async () => {
      await platform.call('DeleteInputs', { ...at, ids: ['a'] }, ann);
      return noEffects;
    },
  });
  await platform.drain({ workflow });
  expect(await keysOf(at)).toEqual([]);
  // The fetched bytes wait in the trash until their time is over.
  await emptyTrash();
  expect(await blobKeys()).toEqual(before);
});

test('bytes of a call that was refused or died are removed, those of rows stay', async () => {
  const { at } = await newApp();
  const base64 = image;
  const answer = await platform.call(
    'PostInputs',
    { ...at, inputs: ['a', 'a', 'b'].map((id) => ({ id, data: { image: { base64 } } })) },
    ann,
  );
  expect(answer.status?.code).toBe(StatusCode.MIXED_STATUS);
  await platform.call(
    'PostInputs',
    { ...at, inputs: [{ id: 'a', data: { image: { base64 } } }] },
    ann,
  );
  // A process that was killed after it wrote the bytes and before the rows.
  await expectBlobs(db, ['apps/0/inputs/orphan'], 0);
  await platform.deps.blobs.put('apps/0/inputs/orphan', image, { contentType: 'image/jpeg' });
  await transaction(db, (tx) => enqueue(tx, [purgeBlobs.with({})]));
  await platform.drain();
  const rows = await db
    .selectFrom('inputs')
    .select('media')
    .where('media', 'is not', null)
    .execute();
  const held = rows.flatMap(({ media }) => (media as { blob: string }[]).map(({ blob }) => blob));
  expect((await blobKeys()).sort()).toEqual(held.sort());
  expect(
    await db.selectFrom('blob_trash').select('blob').where('due_at', '<=', new Date()).execute(),
  ).toEqual([]);
});

test('embeddings that go with their input are noted for the index', async () => {
  const { at, scope } = await newApp();
  await post(at, imageUrl('a', '/a.jpg'));
  const model = await db
    .insertInto('models')
    .values({ app_key: scope.appKey, id: 'm', model_type_id: 'visual-embedder', name: 'm' })
    .returning('key')
    .executeTakeFirstOrThrow();
  const version = await db
    .insertInto('model_versions')
    .values({ model_key: model.key, id: 'v', status_code: 21100 })
    .returning('key')
    .executeTakeFirstOrThrow();
  const workflow = answering({
    run: async (_app, inputs) => ({
      ...noEffects,
      embeddings: inputs.map(({ key }) => ({
        inputKey: key,
        space: version.key,
        vector: new Float32Array([1, -2.5]),
      })),
    }),
  });
  await platform.drain({ workflow });
  const [row] = await db
    .selectFrom('embeddings')
    .selectAll()
    .where('app_key', '=', scope.appKey)
    .execute();
  expect(row?.vector).toEqual(Buffer.from(new Float32Array([1, -2.5]).buffer));
  await platform.call('DeleteInputs', { ...at, ids: ['a'] }, ann);
  const trash = await db.selectFrom('vector_trash').select(['space', 'embedding']).execute();
  expect(trash).toEqual([{ space: version.key, embedding: row?.key }]);
});

test('a stream of inputs misses nothing that a slow transaction holds back', async () => {
  const { at, scope } = await newApp();
  const add = (id: string) => post(at, { id, data: { text: { raw: id } } });
  const stream = async (request: object = {}) =>
    (await platform.call('StreamInputs', { ...at, perPage: 2, ...request }, ann)).inputs.map(
      ({ id }) => id,
    );
  await add('i1');
  const { rows } = await sql<{ name: string; host: string; user: string }>`
    select current_database() as name, current_setting('unix_socket_directories') as host, current_user as user`.execute(
    db,
  );
  const { name, host, user } = rows[0] ?? { name: '', host: '', user: '' };
  const slow = new pg.Client({ database: name, host, user });
  await slow.connect();
  try {
    await slow.query('begin');
    await slow.query(
      `insert into inputs (app_key, id, kind, status_code, body) values ($1, 'slow', 'text', 30000, '{}')`,
      [String(scope.appKey)],
    );
    await add('i2');
    // Other databases of the server hold streams back too, while a transaction of theirs is open.
    await expect.poll(stream, { timeout: 20_000 }).toEqual(['i1']);
    expect(await stream({ lastId: 'i1' })).toEqual([]);
    await slow.query('commit');
  } finally {
    await slow.end();
  }
  await add('i3');
  await expect.poll(() => stream({ lastId: 'slow' }), { timeout: 20_000 }).toEqual(['i2', 'i3']);
  expect(await stream()).toEqual(['i1', 'slow']);
  expect(await stream({ lastId: 'slow' })).toEqual(['i2', 'i3']);
  expect(await stream({ lastId: 'i3' })).toEqual([]);
  expect(await stream({ descending: true })).toEqual(['i3', 'i2']);
  expect(await stream({ descending: true, lastId: 'i2' })).toEqual(['slow', 'i1']);
  expect(await stream({ orderById: true, lastId: 'i2' })).toEqual(['i3', 'slow']);
  const unknown = await platform.call('StreamInputs', { ...at, lastId: 'never' }, ann);
  expect(unknown.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('an input can be copied to another app by its own URLs, by those who may see it', async () => {
  const from = await newApp();
  await post(
    from.at,
    { id: 'image', data: { image: { base64: image } } },
    { id: 'short', data: { text: { raw: 'a text' } } },
    { id: 'long', data: { text: { raw: 'x'.repeat(40_000) } } },
  );
  await platform.drain();
  const { inputs } = await platform.call('ListInputs', from.at, ann);
  const urls = inputs.map(({ id, data }) =>
    data?.image
      ? { id, data: { image: { url: data.image.url } } }
      : { id, data: { text: { url: data?.text?.url ?? '' } } },
  );
  const to = await newApp();
  await post(to.at, ...urls);
  await platform.drain();
  await platform.call('DeleteInputs', { ...from.at, ids: ['image', 'short', 'long'] }, ann);
  await emptyTrash();
  const copies = (await platform.call('ListInputs', to.at, ann)).inputs;
  expect(copies.map(({ status }) => status?.code)).toEqual([30000, 30000, 30000]);
  expect(copies[0]?.data?.image).toMatchObject({
    url: expect.stringContaining(`/apps/${to.at.userAppId.appId}/`),
    imageInfo: { width: 40, height: 30 },
  });
  expect(copies[1]?.data?.text?.raw).toBe('a text');
  expect(copies[2]?.data?.text?.textInfo?.charCount).toBe(40_000);
  const rows = await db
    .selectFrom('inputs')
    .select('media')
    .where('app_key', '=', to.scope.appKey)
    .execute();
  const held = rows.flatMap(({ media }) => (media as { blob: string }[] | null) ?? []);
  expect(held).toHaveLength(2);
  for (const { blob } of held) expect(await platform.deps.blobs.head(blob)).toBeDefined();

  const bob = await platform.addUser('bob');
  await platform.call('PostApps', { apps: [{ id: 'bobs' }] }, bob);
  const bobs = { userAppId: { userId: 'bob', appId: 'bobs' } };
  await platform.call(
    'PostInputs',
    { ...bobs, inputs: [{ id: 'i', data: { image: { url: copies[0]?.data?.image?.url ?? '' } } }] },
    bob,
  );
  await platform.drain();
  const stolen = await platform.call('GetInput', { ...bobs, inputId: 'i' }, bob);
  expect(stolen.input?.status?.code).not.toBe(30000);
});
