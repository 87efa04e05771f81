import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClustered } from '../clustered.ts';
import { refill } from '../refill.ts';
import { createTestFolder } from '../test-folder.ts';
import type { VectorDoc } from '../vectors.ts';
import { openFlatVectors } from './client.ts';

// Answers as an owner would, and ends when it is asked for a space named `end`.
const FRAGILE = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ id, op, space }) => {
    if (space === 'end') process.exit(5);
    parentPort.postMessage({ event: 'done', id, value: op === 'spaces' ? ['still here'] : undefined });
  });
`;

test('calls fail with the thread that had them, and the next starts another', async () => {
  const folder = await createTestFolder();
  const worker = join(folder, 'worker.mjs');
  await writeFile(worker, FRAGILE);
  const vectors = await openFlatVectors({ folder, worker });
  const lost = await Promise.allSettled([vectors.stats('end'), vectors.drop('other')]);
  expect(lost[0]).toMatchObject({ reason: { name: 'VectorsUnavailableError' } });
  expect(await vectors.spaces()).toEqual(['still here']);
  await vectors.close();
});

test('a thread that cannot start fails the opening, and leaves the folder free', async () => {
  const folder = await createTestFolder();
  const worker = join(folder, 'worker.mjs');
  await writeFile(worker, 'throw new Error("out of order");');
  await expect(openFlatVectors({ folder, worker })).rejects.toThrow(/out of order/);
  await (await openFlatVectors({ folder })).close();
});

test('a closed index refuses calls, and can be closed again', async () => {
  const folder = await createTestFolder();
  const vectors = await openFlatVectors({ folder });
  const late = vectors.upsert('s', docsOf(300));
  await vectors.close();
  await late;
  await expect(vectors.spaces()).rejects.toMatchObject({ name: 'VectorsUnavailableError' });
  await vectors.close();
  const again = await openFlatVectors({ folder });
  expect((await again.stats('s')).docs).toBe(300);
  await again.close();
});

test('the arrays of a caller stay its own', async () => {
  const vectors = await openFlatVectors({ folder: await createTestFolder() });
  const docs = docsOf(10);
  const query = { app: 1n, vector: docs[3]?.vector ?? new Float32Array(), k: 1 };
  const only = { by: 'key' as const, values: BigUint64Array.from([0n, 3n, 4n]).subarray(1) };
  await vectors.upsert('s', docs);
  const first = await vectors.query('s', { ...query, filter: { only, except: only } });
  expect(first).toEqual([]);
  expect(await vectors.query('s', { ...query, filter: { only } })).toMatchObject([{ key: 3n }]);
  expect(only.values).toEqual(BigUint64Array.of(3n, 4n));
  expect(docs.every((doc) => doc.vector.length === 16)).toBe(true);
  await vectors.close();
});

test('changes of one caller after another are seen in their order', async () => {
  const vectors = await openFlatVectors({ folder: await createTestFolder() });
  const docs = docsOf(1_000);
  const changes = [
    vectors.upsert('s', docs),
    vectors.remove('s', [1n]),
    vectors.upsert('s', docs.slice(0, 2)),
    vectors.removeApp('s', 1n),
    vectors.upsert('s', docs.slice(5, 7)),
  ];
  await Promise.all(changes);
  expect((await vectors.stats('s')).docs).toBe(2);
  await vectors.close();
});

test('a space can be filled again from its rows', async () => {
  const vectors = await openFlatVectors({ folder: await createTestFolder() });
  const docs = docsOf(100);
  await vectors.upsert('s', [{ key: 999n, app: 1n, input: 1n, vector: Float32Array.of(1) }]);
  async function* rows() {
    yield docs.slice(0, 60);
    yield docs.slice(60);
  }
  expect(await refill(vectors, 's', rows())).toBe(100);
  expect(await vectors.stats('s')).toMatchObject({ docs: 100, dimensions: 16 });
  await vectors.close();
});

function docsOf(count: number): VectorDoc[] {
  const { vectors } = createClustered({ dimensions: 16, count, queries: 0, seed: 2, clusters: 20 });
  return vectors.map((vector, i) => ({ key: BigInt(i), app: 1n, input: BigInt(i), vector }));
}
