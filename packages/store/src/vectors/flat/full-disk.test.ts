// In this thread rather than in one of its own, where the disk could not be filled.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fillDisk } from '@limpid/testkit/full-disk';
import { expect, test } from 'vitest';
import { createClustered } from '../clustered.ts';
import { createTestFolder } from '../test-folder.ts';
import { Owner } from './owner.ts';
import { packDocs } from './pack.ts';

const { vectors } = createClustered({ dimensions: 32, count: 600, queries: 0, seed: 1 });
const docs = vectors.map((vector, i) => ({ key: BigInt(i), app: 1n, input: BigInt(i), vector }));

async function open(folder: string) {
  const lost: string[] = [];
  const owner = new Owner({
    folder,
    report: (event, space) => lost.push(`${event} ${space}`),
    graphs: undefined,
    rows: undefined,
  });
  await owner.start();
  const call = (request: object) => owner.handle({ id: 1, space: 's', ...request } as never);
  return {
    lost,
    upsert: (from: number, to: number) =>
      call({ op: 'upsert', docs: packDocs(docs.slice(from, to)) }),
    keys: async () => {
      const query = { app: 1n, vector: vectors[0] ?? new Float32Array(), k: 10_000 };
      const hits = (await call({ op: 'query', query })) as { key: bigint }[];
      return new Set(hits.map(({ key }) => Number(key)));
    },
    close: () => call({ op: 'close' }),
  };
}

const numbers = (count: number) => new Set(Array.from({ length: count }, (_, i) => i));

test.each([
  // Vectors take 128 bytes each, codes 32, the log 48: the disk is full amid vectors, codes, and the log.
  ['vectors', 10_000],
  ['codes', 200 * 128 + 100],
  ['the log', 200 * (128 + 32) + 500],
])('a disk that fills up amid %s costs the call, not what was there', async (_what, left) => {
  const folder = await createTestFolder();
  const index = await open(folder);
  await index.upsert(0, 200);
  {
    using disk = await fillDisk(folder, left);
    await expect(index.upsert(200, 400)).rejects.toThrow('ENOSPC');
    expect(disk.refused).toBeGreaterThan(0);
    expect(await index.keys()).toEqual(numbers(200));
  }
  await index.upsert(200, 400);
  expect(await index.keys()).toEqual(numbers(400));
  await index.close();
  const again = await open(folder);
  expect(await again.keys()).toEqual(numbers(400));
  expect(again.lost).toEqual([]);
  await again.close();
});

test('a space that could not be made is made when there is room again', async () => {
  const folder = await createTestFolder();
  const index = await open(folder);
  for (const left of [0, 20]) {
    using _disk = await fillDisk(folder, left);
    await expect(index.upsert(0, 10)).rejects.toThrow('ENOSPC');
  }
  await index.upsert(0, 10);
  expect(await index.keys()).toEqual(numbers(10));
  await index.close();
  expect(await readdir(join(folder, 's'))).not.toContain('rows.log.new');
});
