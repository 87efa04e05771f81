// What a full disk costs: the call, with a code that says to come back. Nothing is there by half.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enqueue, openBlobs, transaction } from '@limpid/store';
import { createDiskGuard } from '@limpid/store/home/space';
import { fillDisk } from '@limpid/testkit/full-disk';
import { fillTable } from '@limpid/testkit/full-table';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { purgeBlobs } from '../../jobs.ts';
import { openMediaTools } from '../../media/tools.ts';

const EXHAUSTED = 98014;
const folder = mkdtempSync(join(tmpdir(), 'limpid-full-'));
const blobsFolder = join(folder, 'blobs');
const scratchFolder = join(folder, 'scratch');
let reserve = 0;
const platform = await testPlatform({
  blobs: await openBlobs(blobsFolder),
  media: await openMediaTools({ scratchFolder }),
  assertSpace: (bytes) => createDiskGuard(reserve).assertSpace(folder, bytes),
});
const { db } = platform.deps;
const ann = await platform.addUser('ann');
await platform.call('PostApps', { apps: [{ id: 'a' }] }, ann);
const at = { userAppId: { userId: 'ann', appId: 'a' } };
const image = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a1' } })
  .png()
  .toBuffer();
const server = http.createServer((_request, response) => response.end(image));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`;

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const images = (...ids: string[]) => ids.map((id) => ({ id, data: { image: { base64: image } } }));
const post = (inputs: object[], jobId = '') =>
  platform.call('PostInputs', { ...at, inputs, inputsAddJobId: jobId }, ann);

async function count(table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from ${sql.table(table)}`.execute(db);
  return rows[0]?.n ?? -1;
}

/** Nothing of a refused call: neither rows, nor bytes, nor anything that would have to be cleared away later. */
async function expectNothing(): Promise<void> {
  await transaction(db, (tx) => enqueue(tx, [purgeBlobs.with({})]));
  await platform.drain();
  const tables = ['inputs', 'annotations', 'concepts', 'input_jobs', 'blob_trash'];
  for (const table of tables) expect(await count(table), table).toBe(0);
  const files = readdirSync(blobsFolder, { recursive: true, withFileTypes: true });
  expect(files.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([]);
}

const labelled = (id: string) => ({
  id,
  data: { image: { base64: image }, concepts: [{ id: 'leaf', value: 1 }] },
});

// First, while the table has no file of its own to speak of.
test('a database without room refuses the call whole', async () => {
  {
    await using _full = await fillTable(platform.connection, 'inputs');
    const refused = await post([labelled('one'), labelled('two')], 'job');
    expect(refused.status).toMatchObject({
      code: EXHAUSTED,
      details: 'the database disk is full',
    });
  }
  await expectNothing();
});

test('a database whose labels have no room refuses the call whole', async () => {
  {
    await using _full = await fillTable(platform.connection, 'annotation_concepts');
    expect((await post([labelled('one')], 'job')).status?.code).toBe(EXHAUSTED);
  }
  await expectNothing();
});

test('blobs without room refuse the call whole, those that still found room go', async () => {
  {
    using disk = await fillDisk(blobsFolder, image.length * 2);
    const refused = await post(images('one', 'two', 'three'), 'job');
    expect(refused.status).toMatchObject({ code: EXHAUSTED, details: 'the disk is full' });
    expect(disk.refused).toBeGreaterThan(0);
  }
  await expectNothing();
});

test('the reserve is refused before a byte is written', async () => {
  reserve = 2 ** 60;
  const refused = await post(images('one'), 'job');
  reserve = 0;
  expect(refused.status?.code).toBe(EXHAUSTED);
  expect(refused.status?.details).toContain('the disk is almost full');
  await expectNothing();
});

test.each([
  ['the folder for downloads', scratchFolder],
  ['the blobs', blobsFolder],
])('an input from a URL waits while %s has no room', async (what, full) => {
  const id = what.replaceAll(' ', '-');
  const input = { id, data: { image: { url, allowDuplicateUrl: true } } };
  expect((await post([input])).status?.code).toBe(StatusCode.SUCCESS);
  const row = () =>
    db
      .selectFrom('inputs')
      .select(['status_code', 'attempts', 'media'])
      .where('id', '=', id)
      .executeTakeFirst();
  {
    using disk = await fillDisk(full, 10);
    await platform.drain();
    expect(disk.refused).toBeGreaterThan(0);
    expect(await row()).toEqual({ status_code: 30001, attempts: 0, media: null });
    expect(readdirSync(scratchFolder)).toEqual([]);
  }
  await sql`update graphile_worker._private_jobs set run_at = now()`.execute(db);
  await platform.drain();
  expect(await row()).toMatchObject({ status_code: 30000, attempts: 1 });
});

test('the same call succeeds once there is room', async () => {
  const taken = await post([labelled('one'), ...images('two', 'three')], 'job');
  expect(taken.status?.code).toBe(StatusCode.SUCCESS);
  await platform.drain();
  const { inputs } = await platform.call('ListInputs', at, ann);
  expect(new Set(inputs.map(({ status }) => status?.code))).toEqual(new Set([30000]));
  expect(inputs).toHaveLength(5);
});
