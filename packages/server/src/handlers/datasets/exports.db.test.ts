import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testPlatform } from '@limpid/testkit/platform';
import {
  DatasetVersionExportFormat as Format,
  fromBinary,
  InputBatchSchema,
  StatusCode,
  StatusError,
} from '@limpid/wire';
import fastify from 'fastify';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeExport } from '../../flows/dataset/export/run.ts';
import { purgeDueBlobs } from '../../flows/media/purge.ts';
import { registerFileRoutes } from '../../routes/files.ts';

const platform = await testPlatform();
const { deps } = platform;
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const at = { userAppId: { userId: 'ann', appId: 'pets' } };
const files = fastify();
registerFileRoutes(files, deps);
const folder = mkdtempSync(join(tmpdir(), 'limpid-exports-'));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await files.close();
});

const { CLARIFAI_DATA_PROTOBUF: PROTOBUF, CLARIFAI_DATA_JSON: JSON_DATA, COCO } = Format;
const box = { topRow: 0.1, leftCol: 0.25, bottomRow: 0.5, rightCol: 0.75 };

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'pets', visibility: { gettable: 50 } }] }, ann);
  await platform.call('PostDatasets', { ...at, datasets: [{ id: 'zoo' }, { id: 'none' }] }, ann);
  const create = { width: 200, height: 100, channels: 3, background: '#a31' } as const;
  const image = await sharp({ create }).png().toBuffer();
  // The left half is set.
  const pixels = Buffer.from(
    Array.from({ length: 200 }, (_, index) => (index % 20 < 10 ? 255 : 0)),
  );
  const raw = { width: 20, height: 10, channels: 1 } as const;
  const mask = await sharp(pixels, { raw }).png().toBuffer();
  const inputs = [
    {
      id: 'beasts',
      datasetIds: ['zoo'],
      data: {
        image: { base64: image },
        concepts: [
          { id: 'animal', value: 1 },
          { id: 'plant', value: 0 },
        ],
        metadata: { from: 'a trip' },
      },
    },
    { id: 'said', datasetIds: ['zoo'], data: { text: { raw: 'moo' } } },
  ];
  await platform.call('PostInputs', { ...at, inputs }, ann);
  const region = (regionInfo: object, id: string) => ({
    regionInfo,
    data: { concepts: [{ id, value: 1 }] },
  });
  const annotations = [
    { inputId: 'beasts', data: { regions: [region({ boundingBox: box }, 'cat')] } },
    {
      inputId: 'beasts',
      data: { regions: [region({ mask: { image: { base64: mask } } }, 'dog')] },
    },
  ];
  const said = await platform.call('PostAnnotations', { ...at, annotations }, ann);
  expect(said.status?.code).toBe(StatusCode.SUCCESS);
  await platform.drain();
});

let versions = 0;

async function newVersion(datasetId = 'zoo') {
  versions += 1;
  const id = `v${versions}`;
  await platform.call('PostDatasetVersions', { ...at, datasetId, datasetVersions: [{ id }] }, ann);
  return { ...at, datasetId, datasetVersionId: id };
}

async function readyVersion(datasetId = 'zoo') {
  const made = await newVersion(datasetId);
  await platform.drain();
  return made;
}

type Place = Awaited<ReturnType<typeof newVersion>>;

const put = async (version: Place, formats: readonly Format[], as = ann) =>
  await platform.call(
    'PutDatasetVersionExports',
    { ...version, exports: formats.map((format) => ({ format })) },
    as,
  );
const codesOf = ({ exports }: Awaited<ReturnType<typeof put>>) =>
  exports.map(({ status }) => status?.code);
const fetch = (url = '', headers: Record<string, string> = { authorization: `Key ${ann.pat}` }) =>
  files.inject({ url: new URL(url, 'http://x').pathname, headers });

/** Makes an export and reads what is in it, as Python's library does. */
async function exported(version: Place, format: Format): Promise<Map<string, Buffer>> {
  await put(version, [format]);
  await platform.drain();
  const { exports } = await put(version, [format]);
  expect(exports[0]?.status?.code).toBe(StatusCode.DATASET_VERSION_EXPORT_SUCCESS);
  const answer = await fetch(exports[0]?.url);
  expect(answer.headers['content-type']).toBe('application/zip');
  expect(exports[0]?.size).toBe(BigInt(answer.rawPayload.length));
  const file = join(folder, 'export.zip');
  writeFileSync(file, answer.rawPayload);
  const script = `import base64, json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
print(json.dumps([[n, base64.b64encode(z.read(n)).decode()] for n in z.namelist()]))`;
  const found = JSON.parse(execFileSync('python3', ['-c', script, file]).toString());
  return new Map(
    found.map(([name, data]: [string, string]) => [name, Buffer.from(data, 'base64')]),
  );
}

async function keyOf({ datasetVersionId }: Place): Promise<bigint> {
  const { rows } = await sql<{ key: bigint }>`
    select key from dataset_versions where id = ${datasetVersionId}`.execute(deps.db);
  return rows[0]?.key ?? 0n;
}

test('the protobuf archive holds every input with all that is said of it', async () => {
  const found = await exported(await readyVersion(), PROTOBUF);
  expect([...found.keys()]).toEqual(['mimetype', 'all/00000001_n2']);
  expect(found.get('mimetype')?.toString()).toBe('application/x.clarifai-data+protobuf');
  const { inputs } = fromBinary(InputBatchSchema, found.get('all/00000001_n2') as Buffer);
  expect(inputs.map(({ id }) => id)).toEqual(['beasts', 'said']);
  const [beasts, said] = inputs;
  expect(beasts?.status).toBeUndefined();
  expect(beasts?.createdAt).toBeUndefined();
  expect(beasts?.data?.metadata).toEqual({ from: 'a trip' });
  expect(beasts?.data?.concepts.map(({ id, value }) => [id, value])).toEqual([
    ['animal', 1],
    ['plant', 0],
  ]);
  expect(beasts?.data?.regions.map(({ data }) => data?.concepts[0]?.id)).toEqual(['cat', 'dog']);
  expect(beasts?.data?.image?.hosted?.prefix).toBe('http://127.0.0.1:8080/media');
  expect(beasts?.data?.image?.hosted?.sizes).toContain('orig');
  expect(said?.data?.text?.raw).toBe('moo');
});

test('the JSON archive holds the same', async () => {
  const found = await exported(await readyVersion(), JSON_DATA);
  expect(found.get('mimetype')?.toString()).toBe('application/x.clarifai-data+json');
  const { inputs } = JSON.parse(found.get('all/00000001_n2')?.toString() ?? '');
  expect(inputs[0]).toMatchObject({ id: 'beasts', data: { metadata: { from: 'a trip' } } });
  expect(inputs[0].data.regions[0].region_info.bounding_box.top_row).toBeCloseTo(0.1);
});

test('COCO holds what is in the images, and what they show', async () => {
  const found = await exported(await readyVersion(), COCO);
  expect([...found.keys()]).toEqual([
    'annotations/instances_all.json',
    'annotations/labels_all.json',
  ]);
  const read = (name: string) =>
    JSON.parse(found.get(`annotations/${name}_all.json`)?.toString() ?? '');
  const instances = read('instances');
  expect(instances.images).toMatchObject([
    { id: 1, width: 200, height: 100, file_name: 'beasts.png' },
  ]);
  expect(instances.categories.map(({ name }: { name: string }) => name)).toEqual(['cat', 'dog']);
  expect(instances.annotations).toEqual([
    {
      id: 1,
      image_id: 1,
      category_id: 1,
      bbox: [50, 10, 100, 40],
      area: 4000,
      segmentation: [],
      iscrowd: 0,
    },
    {
      id: 2,
      image_id: 1,
      category_id: 2,
      bbox: [0, 0, 100, 100],
      area: 10_000,
      segmentation: { counts: [0, 10_000, 10_000], size: [100, 200] },
      iscrowd: 1,
    },
  ]);
  const labels = read('labels');
  expect(labels.categories).toMatchObject([{ id: 1, name: 'animal' }]);
  expect(labels.annotations).toEqual([{ id: 1, image_id: 1, category_id: 1 }]);
});

test('an empty version is exported too', async () => {
  const version = await readyVersion('none');
  expect([...(await exported(version, PROTOBUF)).keys()]).toEqual(['mimetype']);
  const coco = await exported(version, COCO);
  const document = JSON.parse(coco.get('annotations/instances_all.json')?.toString() ?? '');
  expect(document).toMatchObject({ images: [], annotations: [], categories: [] });
});

test('what was exported stands with the version, each format by itself', async () => {
  const version = await readyVersion();
  const first = await put(version, [COCO, PROTOBUF, COCO]);
  expect(first.exports.map(({ format, url, size }) => [format, url, size])).toEqual([
    [COCO, '', 0n],
    [PROTOBUF, '', 0n],
  ]);
  expect(codesOf(first)).toEqual(Array(2).fill(StatusCode.DATASET_VERSION_EXPORT_PENDING));
  await platform.drain();
  const { datasetVersion } = await platform.call('GetDatasetVersion', version, ann);
  const { clarifaiDataProtobuf, clarifaiDataJson, coco } = datasetVersion?.exportInfo ?? {};
  expect(coco?.status?.code).toBe(StatusCode.DATASET_VERSION_EXPORT_SUCCESS);
  expect(clarifaiDataProtobuf?.url).toBe(
    `http://127.0.0.1:8080/files/users/ann/apps/pets/datasets/zoo/versions/${version.datasetVersionId}/exports/clarifai-data-protobuf.zip`,
  );
  expect(clarifaiDataJson).toBeUndefined();
});

test('an export of a version that is not ready waits for it', async () => {
  const version = await newVersion();
  expect(codesOf(await put(version, [PROTOBUF]))).toEqual([64201]);
  await platform.drain();
  expect(codesOf(await put(version, [PROTOBUF]))).toEqual([64200]);
});

test('an export that was killed on its way is made again, and one that comes twice changes nothing', async () => {
  const version = await readyVersion();
  await put(version, [PROTOBUF]);
  const wanted = { version: await keyOf(version), format: PROTOBUF };
  const stop = new AbortController();
  const job = { last: false, log: deps.log, signal: stop.signal };
  stop.abort();
  await expect(makeExport(deps, wanted, job)).rejects.toThrow('stopping');
  expect(codesOf(await put(version, [PROTOBUF]))).toEqual([64203]);
  await makeExport(deps, wanted, { ...job, signal: new AbortController().signal });
  const [done] = (await put(version, [PROTOBUF])).exports;
  expect(done?.status?.code).toBe(64200);
  await makeExport(deps, wanted, { ...job, signal: new AbortController().signal });
  await sql`update blob_trash set due_at = now()`.execute(deps.db);
  await purgeDueBlobs(deps, new AbortController().signal);
  expect((await fetch(done?.url)).statusCode).toBe(200);
  let left = 0;
  for await (const _ of deps.blobs.list('apps')) left += 1;
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from dataset_version_exports where blob is not null`.execute(
    deps.db,
  );
  // One image besides.
  expect(left).toBe((rows[0]?.count ?? 0) + 1);
});

test('a failure is told, and tried again when some time has passed', async () => {
  const version = await readyVersion();
  const { put: keep } = deps.blobs;
  deps.blobs.put = () => Promise.reject(new StatusError(StatusCode.CONN_INVALID_REQUEST));
  try {
    await put(version, [COCO]);
    await platform.drain();
    expect(codesOf(await put(version, [COCO]))).toEqual([64202]);
    await platform.drain();
    expect(codesOf(await put(version, [COCO]))).toEqual([64202]);
  } finally {
    deps.blobs.put = keep;
  }
  await sql`update dataset_version_exports set modified_at = now() - interval '2 minutes'`.execute(
    deps.db,
  );
  expect(codesOf(await put(version, [COCO]))).toEqual([64201]);
  await platform.drain();
  expect(codesOf(await put(version, [COCO]))).toEqual([64200]);
});

test('what can not be exported is refused', async () => {
  const version = await readyVersion();
  const refused = async (request: object) =>
    (await platform.call('PutDatasetVersionExports', { ...version, ...request }, ann)).status?.code;
  const invalid = StatusCode.CONN_INVALID_REQUEST;
  expect(await refused({})).toBe(invalid);
  expect(await refused({ exports: [{ format: 77 }] })).toBe(invalid);
  expect(await refused({ exports: [{ format: COCO, includeEmbeddings: true }] })).toBe(invalid);
  expect(await refused({ exports: [{}], datasetVersionId: 'none' })).toBe(11101);
  expect(await refused({ exports: [{}], datasetId: 'absent' })).toBe(11101);
  await sql`update dataset_versions set status_code = 64020 where key = ${await keyOf(version)}`.execute(
    deps.db,
  );
  expect(await refused({ exports: [{}] })).toBe(invalid);
});

test('others neither ask for exports nor fetch those of a private version', async () => {
  const version = await readyVersion();
  expect((await put(version, [COCO], bob)).status?.code).toBe(11007);
  await exported(version, COCO);
  const { url } = (await put(version, [COCO])).exports[0] ?? {};
  expect((await fetch(url, {})).statusCode).toBe(404);
  expect((await fetch(url, { authorization: `Key ${bob.pat}` })).statusCode).toBe(404);
  expect((await fetch(url?.replace('coco', 'other'))).statusCode).toBe(404);
  expect((await fetch(url)).statusCode).toBe(200);
});

test('an archive goes with its version', async () => {
  const version = await readyVersion();
  await exported(version, COCO);
  const { rows: kept } = await sql<{ blob: string }>`
    select blob from dataset_version_exports where version_key = ${await keyOf(version)}`.execute(
    deps.db,
  );
  const { datasetId, datasetVersionId } = version;
  const ids = { ...at, datasetId, datasetVersionIds: [datasetVersionId] };
  await platform.call('DeleteDatasetVersions', ids, ann);
  await purgeDueBlobs(deps, new AbortController().signal);
  expect(kept).toHaveLength(1);
  expect(await deps.blobs.head(kept[0]?.blob ?? '')).toBeUndefined();
});
