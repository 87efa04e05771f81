import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { testPlatform } from '@limpid/testkit/platform';
import { InputIDConflictResolution, StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeZip } from '../../flows/archive/write-zip.ts';
import { extractArchive } from '../../flows/extraction/run.ts';
import { reviveStuckArchives } from '../../reconcile/stuck-archives.ts';

const platform = await testPlatform();
const { deps } = platform;
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const folder = mkdtempSync(join(tmpdir(), 'limpid-extraction-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let apps = 0;
async function newApp() {
  apps += 1;
  const id = `app${apps}`;
  await platform.call('PostApps', { apps: [{ id, visibility: { gettable: 50 } }] }, ann);
  return { userAppId: { userId: 'ann', appId: id } };
}
type Place = Awaited<ReturnType<typeof newApp>>;

const png = async (background: string) =>
  await sharp({ create: { width: 8, height: 6, channels: 3, background } })
    .png()
    .toBuffer();
const zip = async (files: Record<string, string | Buffer>) =>
  await buffer(
    writeZip(Object.entries(files).map(([name, data]) => ({ name, data: Buffer.from(data) }))),
  );

async function begin(at: Place, archive: Buffer, more: object = {}) {
  const upload = { contentName: 'a.zip', contentLength: BigInt(archive.length) };
  const answer = await platform.call(
    'PostInputsUploads',
    { ...at, inputsUploads: [{ upload, ...more }] },
    ann,
  );
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  const [job] = answer.inputsAddJobs;
  return {
    job: job?.id ?? '',
    upload: job?.uploads[0]?.id ?? '',
    extraction: job?.extractionJobs[0]?.id ?? '',
  };
}

const put = async (at: Place, uploadId: string, data: Buffer) =>
  await platform.call(
    'PutUploadContentParts',
    { ...at, uploadId, contentParts: [{ partNumber: 1n, data }] },
    ann,
  );

async function send(at: Place, archive: Buffer, more: object = {}) {
  const made = await begin(at, archive, more);
  expect((await put(at, made.upload, archive)).upload?.status?.code).toBe(StatusCode.UPLOAD_DONE);
  return made;
}

const extractionOf = async (at: Place, inputsExtractionJobId: string, as = ann) =>
  (await platform.call('GetInputsExtractionJob', { ...at, inputsExtractionJobId }, as))
    .inputsExtractionJob;
const jobOf = async (at: Place, id: string) =>
  (await platform.call('GetInputsAddJob', { ...at, id }, ann)).inputsAddJob;
const inputsOf = async (at: Place) =>
  (await platform.call('ListInputs', { ...at, perPage: 500 }, ann)).inputs;

async function keyOf(id: string): Promise<bigint> {
  const { rows } = await sql<{ key: bigint }>`
    select key from extraction_jobs where id = ${id}`.execute(deps.db);
  return rows[0]?.key ?? 0n;
}

const texts = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${index}.txt`, `text ${index}`]),
  );

let mixed: Buffer;
beforeAll(async () => {
  mixed = await zip({
    'pets/cat.png': await png('#a31'),
    'pets/dog.PNG': await png('#1a3'),
    'notes/dog.txt': 'a dog',
    'inner.zip': await zip({ 'inside.txt': 'never seen' }),
    'labels.json': '{}',
    '__MACOSX/pets/._cat.png': await png('#000'),
    '../../evil.txt': 'climbs',
  });
});

test('every file becomes an input with what the template says', async () => {
  const at = await newApp();
  await platform.call('PostDatasets', { ...at, datasets: [{ id: 'zoo' }] }, ann);
  const made = await begin(at, mixed, {
    inputsAddJobId: 'my-job',
    inputTemplate: {
      data: { concepts: [{ id: 'pet', value: 1 }], metadata: { from: 'archive' } },
      datasetIds: ['zoo'],
    },
  });
  expect(made.job).toBe('my-job');
  const waiting = await jobOf(at, 'my-job');
  expect(waiting).toMatchObject({
    status: { code: StatusCode.JOB_QUEUED },
    uploads: [{ status: { code: StatusCode.UPLOAD_IN_PROGRESS } }],
    extractionJobs: [
      {
        status: { code: StatusCode.JOB_QUEUED },
        progress: { pendingArchivesCount: 1n },
        inputTemplate: { datasetIds: ['zoo'] },
        inputIdConflictResolution: InputIDConflictResolution.SKIP,
      },
    ],
  });
  await put(at, made.upload, mixed);
  await platform.drain();
  expect((await extractionOf(at, made.extraction))?.status?.code).toBe(StatusCode.JOB_COMPLETED);
  expect((await extractionOf(at, made.extraction))?.progress).toMatchObject({
    imageInputsCount: 2n,
    textInputsCount: 2n,
    videoInputsCount: 0n,
    completedArchivesCount: 1n,
    pendingArchivesCount: 0n,
  });
  expect(await jobOf(at, 'my-job')).toMatchObject({
    status: { code: StatusCode.JOB_COMPLETED },
    progress: { successCount: 4n, failedCount: 0n, pendingCount: 0n },
  });
  const inputs = await inputsOf(at);
  expect(inputs.map(({ id }) => id)).toEqual(['pets-cat', 'pets-dog', 'notes-dog', 'evil']);
  for (const { data, status } of inputs) {
    expect(status?.code).toBe(StatusCode.INPUT_DOWNLOAD_SUCCESS);
    expect(data?.concepts).toMatchObject([{ id: 'pet', value: 1 }]);
    expect(data?.metadata).toEqual({ from: 'archive' });
  }
  const members = await platform.call('ListDatasetInputs', { ...at, datasetId: 'zoo' }, ann);
  expect(members.datasetInputs).toHaveLength(4);
});

test('a packed tar file is as good', async () => {
  const file = join(folder, 'a.tgz');
  const script = `import io, sys, tarfile
with tarfile.open(sys.argv[1], "w:gz") as t:
  for n in range(3):
    i = tarfile.TarInfo(f"t/{n}.txt"); i.size = 5
    t.addfile(i, io.BytesIO(b"text%d" % n))`;
  execFileSync('python3', ['-c', script, file]);
  const at = await newApp();
  await send(at, readFileSync(file));
  await platform.drain();
  expect((await inputsOf(at)).map(({ id, data }) => [id, data?.text?.raw])).toEqual([
    ['t-0', 'text0'],
    ['t-1', 'text1'],
    ['t-2', 'text2'],
  ]);
});

test('killed anywhere, it makes every input once and counts it once', async () => {
  const at = await newApp();
  const archive = await zip({ ...texts(100), 'broken.txt': Buffer.from([0xff, 0x41, 0xff]) });
  const made = await send(at, archive);
  const job = await keyOf(made.extraction);
  const run = (signal: AbortSignal) =>
    extractArchive(deps, job, { last: false, log: deps.log, signal });
  const stop = new AbortController();
  const { random } = deps;
  // Stops once the first portion was taken.
  let asked = 0;
  const stopping = {
    ...deps,
    assertSpace: async () => {
      asked += 1;
      if (asked === 2) stop.abort();
    },
    random,
  };
  await expect(
    extractArchive(stopping, job, { last: false, log: deps.log, signal: stop.signal }),
  ).rejects.toThrow('stopping');
  expect((await extractionOf(at, made.extraction))?.status?.code).toBe(StatusCode.JOB_RUNNING);
  expect((await jobOf(at, made.job))?.status?.code).toBe(StatusCode.JOB_RUNNING);
  const half = (await inputsOf(at)).length;
  expect(half).toBeGreaterThan(0);
  expect(half).toBeLessThan(100);
  // As if it had been killed between making the last inputs and noting it.
  await sql`update extraction_jobs set position = position - 32, text_count = text_count - 32
    where key = ${job}`.execute(deps.db);
  await run(new AbortController().signal);
  await platform.drain();
  await run(new AbortController().signal);
  expect((await inputsOf(at)).map(({ id }) => id).sort()).toEqual(
    Array.from({ length: 100 }, (_, index) => String(index)).sort(),
  );
  const done = await extractionOf(at, made.extraction);
  expect(done?.status?.code).toBe(StatusCode.JOB_COMPLETED);
  expect(done?.progress?.textInputsCount).toBe(100n);
  expect((await jobOf(at, made.job))?.progress).toMatchObject({
    successCount: 100n,
    failedCount: 1n,
  });
});

test('a job that was lost is found again, also of an export', async () => {
  const at = await newApp();
  await platform.call('PostDatasets', { ...at, datasets: [{ id: 'set' }] }, ann);
  const version = { ...at, datasetId: 'set', datasetVersionId: 'v' };
  await platform.call(
    'PostDatasetVersions',
    { ...at, datasetId: 'set', datasetVersions: [{ id: 'v' }] },
    ann,
  );
  await platform.drain();
  const put = async () =>
    await platform.call('PutDatasetVersionExports', { ...version, exports: [{ format: 1 }] }, ann);
  await put();
  const made = await send(at, await zip({ 'a.txt': 'a' }));
  await sql`delete from graphile_worker._private_jobs`.execute(deps.db);
  await reviveStuckArchives(deps);
  await platform.drain();
  // It is not stuck yet: somebody may be at it.
  expect((await extractionOf(at, made.extraction))?.status?.code).toBe(StatusCode.JOB_QUEUED);
  for (const table of ['extraction_jobs', 'dataset_version_exports'])
    await sql`update ${sql.table(table)} set modified_at = now() - interval '11 minutes'`.execute(
      deps.db,
    );
  await reviveStuckArchives(deps);
  await reviveStuckArchives(deps);
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from graphile_worker.jobs`.execute(deps.db);
  expect(rows[0]?.count).toBe(2);
  await platform.drain();
  expect((await extractionOf(at, made.extraction))?.status?.code).toBe(StatusCode.JOB_COMPLETED);
  expect((await put()).exports[0]?.status?.code).toBe(64200);
});

test('an id that is taken is skipped, or gets a suffix', async () => {
  const at = await newApp();
  const archive = await zip({ 'a.txt': 'one', 'b.txt': 'two' });
  await send(at, archive);
  await platform.drain();
  const again = await send(at, archive);
  await platform.drain();
  expect((await jobOf(at, again.job))?.progress).toMatchObject({ failedCount: 2n });
  expect((await extractionOf(at, again.extraction))?.progress?.textInputsCount).toBe(0n);
  await send(at, archive, { inputIdConflictResolution: InputIDConflictResolution.SUFFIX });
  await platform.drain();
  expect((await inputsOf(at)).map(({ id }) => id)).toEqual(['a', 'b', 'a-1', 'b-1']);
});

test('what is too large for an input is refused without being unpacked', async () => {
  const at = await newApp();
  const header = await png('#fff');
  const archive = await zip({
    'huge.png': Buffer.concat([header, Buffer.alloc(40 * 1024 * 1024)]),
    'fine.txt': 'fine',
  });
  const made = await send(at, archive);
  await platform.drain();
  expect((await inputsOf(at)).map(({ id }) => id)).toEqual(['fine']);
  expect((await jobOf(at, made.job))?.progress).toMatchObject({
    successCount: 1n,
    failedCount: 1n,
  });
});

test('what is no archive fails, and says so', async () => {
  const at = await newApp();
  const made = await send(at, Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(500)]));
  await platform.drain();
  expect(await extractionOf(at, made.extraction)).toMatchObject({
    status: { code: StatusCode.JOB_FAILED, details: 'the ZIP file is truncated or damaged' },
    progress: { failedArchivesCount: 1n },
  });
  expect((await jobOf(at, made.job))?.status?.code).toBe(StatusCode.JOB_FAILED);
});

test('a job that waits is cancelled with its upload, one that is over stays what it is', async () => {
  const at = await newApp();
  const archive = await zip({ 'a.txt': 'a' });
  const done = await send(at, archive);
  await platform.drain();
  const waiting = await begin(at, archive);
  const cancel = async (...ids: string[]) =>
    await platform.call('CancelInputsExtractionJobs', { ...at, ids }, ann);
  expect((await cancel(waiting.extraction, 'none')).status?.code).toBe(11101);
  expect((await extractionOf(at, waiting.extraction))?.status?.code).toBe(StatusCode.JOB_QUEUED);
  const { inputsExtractionJobs: jobs } = await cancel(waiting.extraction, done.extraction);
  expect(jobs.map(({ status }) => status?.code)).toEqual([
    StatusCode.JOB_CANCELLED,
    StatusCode.JOB_COMPLETED,
  ]);
  expect((await put(at, waiting.upload, archive)).status?.code).toBe(StatusCode.UPLOAD_CANCELED);
  const third = await begin(at, archive);
  await platform.call('CancelInputsAddJob', { ...at, id: third.job }, ann);
  expect((await extractionOf(at, third.extraction))?.status?.code).toBe(StatusCode.JOB_CANCELLED);
  expect((await cancel()).status?.code).toBe(StatusCode.SUCCESS);
});

test('a job that is cancelled on its way stops there', async () => {
  const at = await newApp();
  const made = await send(at, await zip(texts(100)));
  let asked = 0;
  const cancelling = {
    ...deps,
    assertSpace: async () => {
      asked += 1;
      if (asked === 2)
        await platform.call('CancelInputsExtractionJobs', { ...at, ids: [made.extraction] }, ann);
    },
  };
  const signal = new AbortController().signal;
  await extractArchive(cancelling, await keyOf(made.extraction), {
    last: false,
    log: deps.log,
    signal,
  });
  const job = await extractionOf(at, made.extraction);
  expect(job?.status?.code).toBe(StatusCode.JOB_CANCELLED);
  expect(job?.progress?.textInputsCount).toBe(32n);
  expect(await inputsOf(at)).toHaveLength(64);
});

test('without its upload nothing comes of a job', async () => {
  const at = await newApp();
  const made = await begin(at, await zip({ 'a.txt': 'a' }));
  await platform.call('DeleteUploads', { ...at, ids: [made.upload] }, ann);
  expect(await extractionOf(at, made.extraction)).toMatchObject({
    url: '',
    status: { code: StatusCode.JOB_FAILED, details: 'the upload was deleted' },
  });
});

test('what can not work is refused at once, and nothing of it stays', async () => {
  const at = await newApp();
  const upload = { contentName: 'a', contentLength: 5n };
  const post = async (...inputsUploads: object[]) =>
    (await platform.call('PostInputsUploads', { ...at, inputsUploads }, ann)).status?.code;
  const invalid = StatusCode.CONN_INVALID_REQUEST;
  const badInput = StatusCode.INPUT_INVALID_ARGUMENT;
  expect(await post()).toBe(invalid);
  expect(await post({})).toBe(invalid);
  expect(await post({ upload, inputsAddJobId: 'no spaces' })).toBe(invalid);
  expect(await post({ upload, inputTemplate: { id: 'x' } })).toBe(badInput);
  expect(await post({ upload, inputTemplate: { data: { text: { raw: 'x' } } } })).toBe(badInput);
  expect(await post({ upload, inputTemplate: { datasetIds: ['none'] } })).not.toBe(10000);
  expect(await post({ upload, inputsAddJobId: 'a' }, { upload, inputsAddJobId: 'a' })).toBe(
    StatusCode.JOB_CONFLICT,
  );
  const once = { ...upload, id: 'once' };
  expect(await post({ upload: once }, { upload: once })).toBe(StatusCode.UPLOAD_CONFLICT);
  const left = await platform.call('ListInputsExtractionJobs', at, ann);
  expect(left.inputsExtractionJobs).toEqual([]);
  expect((await platform.call('ListUploads', at, ann)).uploads).toEqual([]);
  expect((await platform.call('ListInputsAddJobs', at, ann)).inputsAddJobs).toEqual([]);
});

test('lists are newest first and paged, and for the owner alone', async () => {
  const at = await newApp();
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.unshift((await begin(at, mixed)).extraction);
  const list = async (page: number, as = ann) =>
    await platform.call('ListInputsExtractionJobs', { ...at, page, perPage: 2 }, as);
  expect((await list(1)).inputsExtractionJobs.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect((await list(2)).inputsExtractionJobs.map(({ id }) => id)).toEqual(ids.slice(2));
  expect((await list(9)).inputsExtractionJobs).toEqual([]);
  expect((await list(1, bob)).inputsExtractionJobs).toEqual([]);
  expect(await extractionOf(at, ids[0] ?? '', bob)).toBeUndefined();
  const request = { ...at, inputsUploads: [{ upload: { contentLength: 5n } }] };
  const refused = [
    (await platform.call('PostInputsUploads', request, bob)).status?.code,
    (await platform.call('CancelInputsExtractionJobs', { ...at, ids }, bob)).status?.code,
  ];
  expect(refused).toEqual([
    StatusCode.CONN_INSUFFICIENT_SCOPES,
    StatusCode.CONN_INSUFFICIENT_SCOPES,
  ]);
  const seen = (await platform.call('ListInputsAddJobs', at, bob)).inputsAddJobs;
  expect(seen.flatMap(({ uploads, extractionJobs }) => [...uploads, ...extractionJobs])).toEqual(
    [],
  );
});
