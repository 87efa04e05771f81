import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createClustered } from '../clustered.ts';
import { createTestFolder } from '../test-folder.ts';
import type { VectorDoc, Vectors } from '../vectors.ts';
import { openFlatVectors } from './client.ts';

const BATCH = 50;

test('after kill -9 amid changes, all that was acknowledged is there', {
  timeout: 60_000,
}, async () => {
  const folder = await createTestFolder();
  for (const rounds of [12, 7, 30]) {
    const last = await runUntilKilled(folder, rounds);
    const index = await openFlatVectors({ folder });
    const { docs } = await index.stats('s');
    const every = await index.query('s', { app: 1n, vector: first(), k: 10_000 });
    const keys = new Set(every.map((hit) => Number(hit.key)));
    expect(docs).toBe(keys.size);
    for (let key = 0; key < (last + 1) * BATCH; key++) {
      expect(keys.has(key), `document ${key}`).toBe(key % BATCH !== 1);
    }
    // The first of the last acknowledged round was turned around.
    const turned = every.find((hit) => Number(hit.key) === last * BATCH);
    const { vectors } = pool();
    const vector = vectors[(last * BATCH) % vectors.length]?.map((v) => -v) ?? first();
    const [same] = await index.query('s', {
      app: 1n,
      vector,
      k: 1,
      filter: named(turned?.key ?? -1n),
    });
    expect(same?.score).toBeCloseTo(1, 5);
    await index.close();
  }
});

test('an append that did not end is cut off', async () => {
  const { folder, docs } = await filled(100);
  const log = join(folder, 's', 'rows.log');
  const whole = await stat(log);
  const torn = await open(log, 'a');
  await torn.write((await readFile(log)).subarray(0, 60));
  await torn.close();
  const index = await openFlatVectors({ folder });
  expect((await index.stats('s')).docs).toBe(100);
  await index.upsert('s', docs.slice(0, 1));
  await index.close();
  expect((await stat(log)).size).toBeGreaterThan(whole.size);
  const again = await openFlatVectors({ folder });
  expect((await again.stats('s')).docs).toBe(100);
  await again.close();
});

const damages: [string, (space: string) => Promise<void>][] = [
  ['a code that changed', (space) => overwrite(join(space, 'codes.i8'), 64)],
  ['a log that changed in its middle', (space) => overwrite(join(space, 'rows.log'), 200)],
  ['vectors that are cut off', (space) => truncate(join(space, 'vectors.f32'), 1_000)],
  ['codes that are cut off', (space) => truncate(join(space, 'codes.i8'), 1_000)],
  ['a header of another version', (space) => writeFile(join(space, 'space.json'), '{"format":2}')],
];

for (const [title, damage] of damages) {
  test(`${title}: the space is told lost, and can be filled again`, async () => {
    const { folder, docs } = await filled(3_000);
    await damage(join(folder, 's'));
    const lost: string[] = [];
    const index = await openFlatVectors({ folder, onLost: (space) => lost.push(space) });
    expect(await index.stats('s')).toMatchObject({ docs: 0 });
    expect(lost).toEqual(['s']);
    expect(await index.spaces()).toEqual(['t']);
    await index.upsert('s', docs);
    expect((await index.stats('s')).docs).toBe(3_000);
    await index.close();
  });
}

test('a long log is rewritten to what is live', async () => {
  const { folder, docs } = await filled(2_000);
  const index = await openFlatVectors({ folder });
  for (let round = 0; round < 3; round++) await index.upsert('s', docs);
  const log = join(folder, 's', 'rows.log');
  const before = await stat(log);
  await index.optimize('s');
  expect((await stat(log)).size).toBeLessThan(before.size / 3);
  await index.remove('s', [1n]);
  await index.close();
  const again = await openFlatVectors({ folder });
  expect((await again.stats('s')).docs).toBe(1_999);
  await again.close();
});

test('a folder has one owner', async () => {
  const { folder } = await filled(1);
  const index = await openFlatVectors({ folder });
  await expect(openFlatVectors({ folder })).rejects.toThrow(/open in this process/);
  await index.close();
  await writeFile(join(folder, 'owner.json'), await liveOwner());
  await expect(openFlatVectors({ folder })).rejects.toThrow(/Another process/);
  await writeFile(join(folder, 'owner.json'), '{"pid":1,"started":"of another boot"}');
  await (await openFlatVectors({ folder })).close();
});

test('a copy of the folder is an index of its own', async () => {
  const { folder, docs } = await filled(50);
  const copy = await createTestFolder();
  await cp(folder, copy, { recursive: true });
  const index = await openFlatVectors({ folder: copy });
  const [hit] = await index.query('s', { app: 1n, vector: docs[7]?.vector ?? first(), k: 1 });
  expect(hit?.key).toBe(7n);
  await index.close();
});

async function runUntilKilled(folder: string, rounds: number): Promise<number> {
  const program = fileURLToPath(new URL('./insert-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    output += text;
    if (output.split('\n').length > rounds) child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
  return Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1));
}

async function filled(count: number): Promise<{ folder: string; docs: VectorDoc[] }> {
  const folder = await createTestFolder();
  const index: Vectors = await openFlatVectors({ folder });
  const { vectors } = createClustered({ dimensions: 32, count, queries: 0, seed: 1 });
  const docs = vectors.map((vector, i) => ({ key: BigInt(i), app: 1n, input: BigInt(i), vector }));
  await index.upsert('s', docs);
  await index.upsert('t', docs.slice(0, 1));
  await index.close();
  return { folder, docs };
}

/** Written by a process that runs and is not this one: our parent. */
async function liveOwner(): Promise<string> {
  const line = await readFile(`/proc/${process.ppid}/stat`, 'utf8');
  const started = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
  return JSON.stringify({ pid: process.ppid, started });
}

async function overwrite(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.from([0x5a, 0xa5, 0x5a, 0xa5]), 0, 4, at);
  await file.close();
}

const pool = () => createClustered({ dimensions: 32, count: 500, queries: 0, seed: 1 });
const first = () => pool().vectors[0] ?? new Float32Array(32);
const named = (key: bigint) => ({ only: { by: 'key' as const, values: BigUint64Array.of(key) } });
