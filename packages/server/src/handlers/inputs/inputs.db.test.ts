import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import pg from 'pg';
import sharp from 'sharp';
import { expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
const bob = await platform.addUser('bob');

let apps = 0;

/** An app of its own for each test, so that none sees another's inputs. */
async function newApp() {
  apps += 1;
  const id = `app${apps}`;
  await platform.call('PostApps', { apps: [{ id }] }, ann);
  return { userAppId: { userId: 'ann', appId: id } };
}

const text = (id: string, raw = `text of ${id}`) => ({ id, data: { text: { raw } } });

test('texts are taken, worked on and read back', async () => {
  const at = await newApp();
  const posted = await platform.call(
    'PostInputs',
    { ...at, inputs: [text('a'), text('b'), text('')] },
    ann,
  );
  expect(posted.status).toMatchObject({ code: StatusCode.SUCCESS, description: 'Ok' });
  expect(posted.inputs.map((input) => input.status?.code)).toEqual([30001, 30001, 30001]);
  expect(posted.inputs[2]?.id).toMatch(/^[0-9a-f]{32}$/);
  await platform.drain();
  const got = await platform.call('GetInput', { ...at, inputId: 'a' }, ann);
  expect(got.input).toMatchObject({
    id: 'a',
    status: { code: StatusCode.INPUT_SUCCESS, description: 'Download complete' },
    data: {
      text: {
        raw: 'text of a',
        url: 'http://127.0.0.1:8080/media/orig/users/ann/apps/app1/inputs/text/a',
        textInfo: { charCount: 9, encoding: 'UTF-8' },
      },
    },
  });
  const listed = await platform.call('ListInputs', at, ann);
  expect(listed.inputs.map((input) => input.id).slice(0, 2)).toEqual(['a', 'b']);
  const counted = await platform.call('GetInputCount', at, ann);
  expect(counted.counts).toMatchObject({ processed: 3, toProcess: 0, processing: 0, errors: 0 });
});

test('an image in bytes is stored, looked at and hosted', async () => {
  const at = await newApp();
  const image = sharp({ create: { width: 30, height: 20, channels: 3, background: '#123' } });
  const base64 = await image.png().toBuffer();
  const posted = await platform.call(
    'PostInputs',
    { ...at, inputs: [{ id: 'i', data: { image: { base64 } } }] },
    ann,
  );
  expect(posted.inputs[0]?.data?.image?.base64).toHaveLength(0);
  await platform.drain();
  const { input } = await platform.call('GetInput', { ...at, inputId: 'i' }, ann);
  expect(input?.status?.code).toBe(StatusCode.INPUT_SUCCESS);
  expect(input?.data?.image).toMatchObject({
    imageInfo: { width: 30, height: 20, format: 'PNG', colorMode: 'RGB' },
    hosted: { sizes: ['orig', 'large', 'small', 'tiny'], crossorigin: 'use-credentials' },
  });
  const { prefix, suffix } = input?.data?.image?.hosted ?? {};
  expect(input?.data?.image?.url).toBe(`${prefix}/orig/${suffix}`);
});

test('labels, metadata and place come back as they were given', async () => {
  const at = await newApp();
  const data = {
    text: { raw: 'x' },
    concepts: [
      { id: 'yes', value: 1 },
      { id: 'no', value: 0 },
      { name: 'named', value: 1 },
    ],
    metadata: { a: { b: [1, 'two', null] } },
    geo: { geoPoint: { longitude: 55, latitude: 66 } },
  };
  const posted = await platform.call('PostInputs', { ...at, inputs: [{ id: 'i', data }] }, ann);
  expect(posted.status?.code).toBe(StatusCode.SUCCESS);
  const { input } = await platform.call('GetInput', { ...at, inputId: 'i' }, ann);
  expect(input?.data?.concepts).toMatchObject([
    { id: 'yes', name: 'yes', value: 1, userId: 'ann', appId: at.userAppId.appId },
    { id: 'no', name: 'no', value: 0 },
    { id: 'named', name: 'named', value: 1 },
  ]);
  expect(input?.data?.metadata).toEqual(data.metadata);
  expect(input?.data?.geo?.geoPoint).toMatchObject(data.geo.geoPoint);
  const concepts = await platform.call('ListConcepts', at, ann);
  expect(concepts.concepts.map((concept) => concept.id).sort()).toEqual(['named', 'no', 'yes']);
});

test('bad inputs are refused one by one, with the good ones taken', async () => {
  const at = await newApp();
  await platform.call('PostInputs', { ...at, inputs: [text('there')] }, ann);
  const inputs = [
    text('good'),
    text('there'),
    text('twin'),
    text('twin'),
    { id: 'svg', data: { image: { base64: Buffer.from('<svg/>') } } },
    { ...text('member'), datasetIds: ['nowhere'] },
    { id: 'empty', data: {} },
    { id: 'labels', data: { text: { raw: 'x' }, concepts: [{ id: 'a' }, { id: 'a' }] } },
  ];
  const answer = await platform.call('PostInputs', { ...at, inputs }, ann);
  expect(answer.status?.code).toBe(StatusCode.MIXED_STATUS);
  expect(answer.inputs.map((input) => [input.id, input.status?.code])).toEqual([
    ['good', 30001],
    ['there', 30100],
    ['twin', 30001],
    ['twin', 30100],
    ['svg', 30101],
    ['member', 11101],
    ['empty', 30104],
    ['labels', 40003],
  ]);
  expect(answer.inputs[1]?.status?.details).toBe('Input has a duplicate ID.');
  expect(answer.inputs[3]?.status?.details).toBe('Input has a duplicate ID.');
  const again = await platform.call('PostInputs', { ...at, inputs: [text('there')] }, ann);
  expect(again.status?.code).toBe(StatusCode.FAILURE);
  const listed = await platform.call('ListInputs', at, ann);
  expect(listed.inputs.map((input) => input.id)).toEqual(['there', 'good', 'twin']);
});

test('one URL stands once in an app unless it may be repeated, or failed', async () => {
  const at = await newApp();
  const url = 'http://127.0.0.1:1/a.png';
  const image = (id: string, allowDuplicateUrl: boolean) => ({
    id,
    data: { image: { url, allowDuplicateUrl } },
  });
  const post = async (input: object) =>
    (await platform.call('PostInputs', { ...at, inputs: [input] }, ann)).inputs[0]?.status;
  expect((await post(image('a', false)))?.code).toBe(30001);
  expect(await post(image('b', false))).toMatchObject({
    code: StatusCode.INPUT_DUPLICATE,
    details: 'Input has a duplicate URL.',
  });
  expect((await post(image('c', true)))?.code).toBe(30001);
  await platform.drain();
  const failed = await platform.call('GetInput', { ...at, inputId: 'a' }, ann);
  expect(failed.input?.status?.code).toBe(StatusCode.INPUT_FAILED);
  expect((await post(image('d', false)))?.code).toBe(30001);
});

test('a taken id gets a suffix where the caller asks for it', async () => {
  const at = await newApp();
  const suffixed = async () => {
    const answer = await platform.call(
      'PostInputs',
      { ...at, inputs: [text('i')], inputIdConflictResolution: 2 },
      ann,
    );
    return answer.inputs[0]?.id;
  };
  const ids = [];
  for (let n = 0; n < 11; n += 1) ids.push(await suffixed());
  expect(ids.slice(0, 10)).toEqual(['i', ...Array.from({ length: 9 }, (_, n) => `i-${n + 1}`)]);
  expect(ids[10]).toMatch(/^i-[0-9a-f]{12}$/);
});

test('a call that is repeated gets the first answer, and does nothing', async () => {
  const at = await newApp();
  const call = { ...at, inputs: [text(''), text('a'), text('a')], inputsAddJobId: 'job1' };
  const first = await platform.call('PostInputs', call, ann);
  const second = await platform.call('PostInputs', call, ann);
  expect(second.inputs.map((input) => [input.id, input.status?.code])).toEqual(
    first.inputs.map((input) => [input.id, input.status?.code]),
  );
  expect((await platform.call('ListInputs', at, ann)).inputs).toHaveLength(2);
  const other = await platform.call('PostInputs', { ...call, inputs: [text('b')] }, ann);
  expect(other.inputsAddJob?.progress).toMatchObject({ pendingCount: 3n, failedCount: 1n });
});

test('a call under a job is told the truth also where the answer to its commit was lost', async () => {
  const at = await newApp();
  const call = (id: string) => ({ ...at, inputs: [text(id)], inputsAddJobId: `job-${id}` });
  for (const took of [true, false]) {
    const { query } = pg.Client.prototype;
    let lost = 0;
    pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
      const [{ text }] = given as [{ text?: string }];
      if (text !== 'commit' || lost > 0) return query.apply(this, given as never);
      lost += 1;
      const sent: unknown = query.apply(this, [took ? 'commit' : 'rollback'] as never);
      return (sent as Promise<void>).then(() => {
        throw new Error('Connection terminated unexpectedly');
      });
    } as typeof query;
    try {
      const answer = await platform.call('PostInputs', call(`took-${took}`), ann);
      expect(answer.status?.code).toBe(StatusCode.SUCCESS);
      expect(answer.inputs.map(({ id }) => id)).toEqual([`took-${took}`]);
    } finally {
      pg.Client.prototype.query = query;
    }
    expect(lost).toBe(1);
  }
  await platform.drain();
  const { inputs } = await platform.call('ListInputs', at, ann);
  expect(inputs.map(({ id, status }) => [id, status?.code])).toEqual([
    ['took-true', 30000],
    ['took-false', 30000],
  ]);
});

test('a job is known at once, counts, and ends', async () => {
  const at = await newApp();
  const posted = await platform.call(
    'PostInputs',
    { ...at, inputs: [text('a'), text('b'), text('a')], inputsAddJobId: 'job' },
    ann,
  );
  expect(posted.inputsAddJob).toMatchObject({
    id: 'job',
    progress: { pendingCount: 2n, inProgressCount: 0n, successCount: 0n, failedCount: 1n },
    status: { code: StatusCode.JOB_QUEUED },
  });
  await platform.drain();
  const done = {
    progress: { pendingCount: 0n, inProgressCount: 0n, successCount: 2n, failedCount: 1n },
    status: { code: StatusCode.JOB_COMPLETED },
  };
  const job = async () =>
    (await platform.call('GetInputsAddJob', { ...at, id: 'job' }, ann)).inputsAddJob;
  expect(await job()).toMatchObject(done);
  await platform.call('DeleteInputs', { ...at, ids: ['a', 'b'] }, ann);
  expect(await job()).toMatchObject(done);
  const listed = await platform.call('ListInputsAddJobs', at, ann);
  expect(listed.inputsAddJobs.map(({ id }) => id)).toEqual(['job']);
  const unknown = await platform.call('GetInputsAddJob', { ...at, id: 'none' }, ann);
  expect(unknown.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('a cancelled job fails what nobody has begun', async () => {
  const at = await newApp();
  await platform.call('PostInputs', { ...at, inputs: [text('a')], inputsAddJobId: 'job' }, ann);
  const cancelled = await platform.call('CancelInputsAddJob', { ...at, id: 'job' }, ann);
  expect(cancelled.inputsAddJob).toMatchObject({
    progress: { pendingCount: 0n, failedCount: 1n },
    status: { code: StatusCode.JOB_CANCELLED },
  });
  await platform.drain();
  const { input } = await platform.call('GetInput', { ...at, inputId: 'a' }, ann);
  expect(input?.status).toMatchObject({ code: 30002, details: 'the job was cancelled' });
});

test('deleting nothing deletes nothing, and what is gone is no error', async () => {
  const at = await newApp();
  const image = sharp({ create: { width: 3, height: 2, channels: 3, background: '#123' } });
  const base64 = await image.png().toBuffer();
  const inputs = [
    text('a'),
    text('b'),
    { id: 'i', data: { image: { base64 }, concepts: [{ id: 'x', value: 1 }] } },
  ];
  await platform.call('PostInputs', { ...at, inputs }, ann);
  await platform.drain();
  const before = await keysOf();
  const remove = async (ids: string[]) =>
    (await platform.call('DeleteInputs', { ...at, ids }, ann)).status?.code;
  expect(await remove([])).toBe(StatusCode.SUCCESS);
  expect((await platform.call('ListInputs', at, ann)).inputs).toHaveLength(3);
  expect(await remove(['a', 'i', 'never'])).toBe(StatusCode.SUCCESS);
  expect((await platform.call('ListInputs', at, ann)).inputs.map(({ id }) => id)).toEqual(['b']);
  expect(await remove(Array.from({ length: 129 }, (_, n) => `i${n}`))).toBe(
    StatusCode.INPUT_INVALID_ARGUMENT,
  );
  const one = await platform.call('DeleteInput', { ...at, inputId: 'a' }, ann);
  expect(one.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  await platform.drain();
  expect((await keysOf()).length).toBe(before.length - 1);
});

async function keysOf(): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of platform.deps.blobs.list('')) keys.push(key);
  return keys;
}

test('patches merge, overwrite and remove labels, metadata and place, never the media', async () => {
  const at = await newApp();
  const data = {
    text: { raw: 'x' },
    concepts: [{ id: 'tree', value: 1 }],
    metadata: { a: 1, deep: { x: 1 } },
  };
  await platform.call('PostInputs', { ...at, inputs: [{ id: 'i', data }, text('plain')] }, ann);
  const patch = async (action: string, change: object) => {
    const answer = await platform.call(
      'PatchInputs',
      { ...at, action, inputs: [{ id: 'i', data: change }] },
      ann,
    );
    expect(answer.status).toMatchObject({ code: StatusCode.SUCCESS });
    return answer.inputs[0]?.data;
  };
  const values = (concepts: readonly { id: string; value: number }[] | undefined) =>
    concepts?.map(({ id, value }) => [id, value]);
  const merged = await patch('merge', {
    concepts: [
      { id: 'tree', value: 0 },
      { id: 'water', value: 1 },
    ],
    metadata: { b: 2, deep: { y: 2 } },
    geo: { geoPoint: { longitude: 77, latitude: 88 } },
    text: { raw: 'other' },
  });
  expect(values(merged?.concepts)).toEqual([
    ['tree', 0],
    ['water', 1],
  ]);
  expect(merged).toMatchObject({
    text: { raw: 'x' },
    metadata: { a: 1, b: 2, deep: { x: 1, y: 2 } },
    geo: { geoPoint: { longitude: 77, latitude: 88 } },
  });
  const removed = await patch('remove', { concepts: [{ id: 'water' }] });
  expect(values(removed?.concepts)).toEqual([['tree', 0]]);
  const replaced = await patch('overwrite', { concepts: [{ id: 'cat', value: 1 }] });
  expect(values(replaced?.concepts)).toEqual([['cat', 1]]);
  expect(replaced?.geo).toBeUndefined();
  const emptied = await patch('remove', { concepts: [{ id: 'cat' }] });
  expect(emptied?.concepts).toEqual([]);
  // The input without labels never got an annotation, the other keeps its one.
  const annotations = await platform.deps.db
    .selectFrom('annotations as a')
    .innerJoin('inputs as i', 'i.key', 'a.input_key')
    .innerJoin('apps', 'apps.key', 'i.app_key')
    .select(['i.id', 'a.input_level'])
    .where('apps.id', '=', at.userAppId.appId)
    .execute();
  expect(annotations).toEqual([{ id: 'i', input_level: true }]);
});

test('a patch is all or none', async () => {
  const at = await newApp();
  await platform.call('PostInputs', { ...at, inputs: [text('i')] }, ann);
  const inputs = [
    { id: 'i', data: { metadata: { a: 1 } } },
    { id: 'absent', data: { metadata: { a: 1 } } },
  ];
  const answer = await platform.call('PatchInputs', { ...at, action: 'merge', inputs }, ann);
  expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const { input } = await platform.call('GetInput', { ...at, inputId: 'i' }, ann);
  expect(input?.data?.metadata).toBeUndefined();
  const bad = await platform.call(
    'PatchInputs',
    { ...at, action: 'upsert', inputs: [inputs[0] ?? {}] },
    ann,
  );
  expect(bad.status?.details).toContain("Unrecognized action 'upsert'");
});

test('a list is narrowed by ids and status, paged exactly, and empty past its end', async () => {
  const at = await newApp();
  const ids = Array.from({ length: 5 }, (_, n) => `t${n}`);
  await platform.call('PostInputs', { ...at, inputs: ids.map((id) => text(id)) }, ann);
  await platform.drain();
  await platform.call('PostInputs', { ...at, inputs: [text('late')] }, ann);
  const list = async (request: object) =>
    (await platform.call('ListInputs', { ...at, ...request }, ann)).inputs.map(({ id }) => id);
  expect(await list({ perPage: 2, page: 2 })).toEqual(['t2', 't3']);
  expect(await list({ perPage: 500, page: 1000 })).toEqual([]);
  expect(await list({ status: { code: 30000 } })).toEqual(ids);
  expect(await list({ status: { code: 30000 }, ids: ['late', 't4', 'x', 't1'] })).toEqual([
    't1',
    't4',
  ]);
  const far = await platform.call('ListInputs', { ...at, perPage: 1001 }, ann);
  expect(far.status?.code).toBe(StatusCode.CONN_INVALID_REQUEST);
});

test('limits of a call are refused whole', async () => {
  const at = await newApp();
  const many = Array.from({ length: 129 }, (_, n) => text(`t${n}`));
  const mp4 = Buffer.from('\0\0\0\x18ftypmp42', 'latin1');
  const calls = [
    { inputs: many },
    { inputs: [1, 2].map((n) => ({ id: `v${n}`, data: { video: { base64: mp4 } } })) },
    { inputs: [] },
    { inputs: [text('a')], inputsAddJobId: 'not an id' },
  ];
  for (const call of calls) {
    const { status } = await platform.call('PostInputs', { ...at, ...call }, ann);
    expect([StatusCode.INPUT_INVALID_ARGUMENT, StatusCode.CONN_INVALID_REQUEST]).toContain(
      status?.code,
    );
  }
  expect((await platform.call('ListInputs', at, ann)).inputs).toEqual([]);
});

test('a stranger sees no inputs', async () => {
  const at = await newApp();
  await platform.call('PostInputs', { ...at, inputs: [text('i')] }, ann);
  const answers = await Promise.all([
    platform.call('GetInput', { ...at, inputId: 'i' }, bob),
    platform.call('ListInputs', at, bob),
    platform.call('DeleteInputs', { ...at, ids: ['i'] }, bob),
    platform.call('PostInputs', { ...at, inputs: [text('j')] }, bob),
    platform.call('StreamInputs', at, bob),
    platform.call('GetInputCount', at, bob),
  ]);
  for (const { status } of answers) expect(status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});
