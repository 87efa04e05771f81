import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClustered, exactNeighbours } from '../clustered.ts';
import { testVectors } from '../contract.ts';
import { openFlatVectors } from '../flat/client.ts';
import { createSpaceFolder } from '../flat/files.ts';
import { Gate } from '../flat/gate.ts';
import { packDocs } from '../flat/pack.ts';
import { Space } from '../flat/space.ts';
import { createTestFolder } from '../test-folder.ts';
import type { VectorDoc, Vectors } from '../vectors.ts';

// Small enough that every larger case of the contract gets a graph, and asks it.
const graphs = { buildFrom: 250, walkCost: 1 };
const APP = 7n;

testVectors('zvec', async () => {
  const folder = await createTestFolder();
  return { open: () => open(folder) };
});

test('a graph and the changes since it was built answer as one', async () => {
  const { vectors, docs, close } = await withGraph(3_000);
  const moved = docs.slice(0, 200).map((doc) => ({ ...doc, app: 8n }));
  const turned = docs.slice(200, 400).map((doc) => ({ ...doc, vector: doc.vector.map((v) => -v) }));
  const added = docs.slice(2_000, 2_200).map((doc) => ({ ...doc, key: doc.key + 10_000n }));
  await vectors.remove(
    's',
    docs.slice(400, 500).map((doc) => doc.key),
  );
  await vectors.upsert('s', [...moved, ...turned, ...added]);
  const now = [...turned, ...docs.slice(500), ...added];
  expect(await recall(vectors, now, now.slice(0, 60))).toBeGreaterThanOrEqual(0.99);
  expect(await recall(vectors, moved, moved.slice(0, 5), 8n)).toBe(1);
  await vectors.optimize('s');
  expect(await vectors.stats('s')).toMatchObject({ docs: 3_100, unindexed: 0, building: false });
  expect(await recall(vectors, now, now.slice(0, 60))).toBeGreaterThanOrEqual(0.99);
  await close();
});

test('a graph of an earlier run is used for what has not changed', async () => {
  const { vectors, docs, folder, close } = await withGraph(1_000);
  const built = await readdir(join(folder, 's', 'graphs'));
  await vectors.upsert(
    's',
    docs.slice(0, 10).map((doc) => ({ ...doc, vector: doc.vector.map((v) => -v) })),
  );
  await close();
  const again = await open(folder);
  expect((await again.stats('s')).unindexed).toBe(10);
  expect(await readdir(join(folder, 's', 'graphs'))).toEqual(built);
  const now = [
    ...docs.slice(10),
    ...docs.slice(0, 10).map((doc) => ({ ...doc, vector: doc.vector.map((v) => -v) })),
  ];
  expect(await recall(again, now, now.slice(-20))).toBeGreaterThanOrEqual(0.99);
  await again.close();
});

test('what an ended build left, and a graph that cannot be read, are replaced', async () => {
  const { docs, folder, close } = await withGraph(500);
  await close();
  const place = join(folder, 's', 'graphs');
  const [built = ''] = await readdir(place);
  await rm(join(place, built, 'graph'), { recursive: true });
  await mkdir(join(place, `${APP}-9.new`));
  const again = await open(folder);
  expect(await recall(again, docs, docs.slice(0, 20))).toBe(1);
  await again.optimize('s');
  expect(await readdir(place)).toEqual([`${APP}-10`]);
  expect(await recall(again, docs, docs.slice(0, 20))).toBeGreaterThanOrEqual(0.99);
  await again.close();
});

test('a build that fails is told, and scans go on answering', async () => {
  const folder = await createTestFolder();
  const builder = join(folder, 'builder.mjs');
  await writeFile(builder, 'console.error("no such luck"); process.exit(3);');
  const told: string[] = [];
  const vectors = await openFlatVectors({
    folder: join(folder, 'index'),
    graphs: { ...graphs, builder },
    onGraphFailed: (_space, reason) => told.push(reason),
  });
  const docs = createDocs(400);
  await vectors.upsert('s', docs);
  await expect(vectors.optimize('s')).rejects.toThrow(/ended with 3: no such luck/);
  expect(told.join()).toMatch(/no such luck/);
  expect(await recall(vectors, docs, docs.slice(0, 20))).toBe(1);
  await vectors.close();
});

test('what comes while a graph is built gets the next one by itself', async () => {
  const vectors = await open(await createTestFolder());
  const docs = createDocs(1_200);
  await vectors.upsert('s', docs.slice(0, 400));
  expect(await vectors.stats('s')).toMatchObject({ building: true });
  await vectors.upsert('s', docs.slice(400));
  await expect.poll(() => vectors.stats('s')).toMatchObject({ building: false, unindexed: 0 });
  await vectors.close();
});

test('the graph is asked where that pays', async () => {
  const folder = join(await createTestFolder(), 's');
  const onFailure = (reason: string) => {
    throw new Error(reason);
  };
  await createSpaceFolder(folder, { format: 1, dimensions: 64, seed: 1 });
  const options = { buildFrom: 1_000, walkCost: 10 };
  const space = await Space.open(folder, { options, turn: new Gate(1), onFailure });
  const docs = createDocs(1_000);
  await space.put(packDocs(docs));
  await space.graphs?.settle();
  const query = { app: APP, vector: docs[0]?.vector ?? new Float32Array(), k: 10 };
  const only = (count: number) => {
    return {
      by: 'key' as const,
      values: BigUint64Array.from(docs.slice(0, count), (doc) => doc.key),
    };
  };
  const whole = await space.graphs?.nearest(query);
  expect(whole?.near.count).toBe(47);
  expect(whole?.fresh.count).toBe(0);
  expect(await space.graphs?.nearest({ ...query, k: 100 })).toBeUndefined();
  expect(await space.graphs?.nearest({ ...query, filter: { only: only(900) } })).toBeDefined();
  expect(await space.graphs?.nearest({ ...query, filter: { only: only(300) } })).toBeUndefined();
  expect(await space.graphs?.nearest({ ...query, filter: { only: only(0) } })).toBeUndefined();
  expect(await space.graphs?.nearest({ ...query, app: 8n })).toBeUndefined();
  // Where the filter leaves too few of those that the graph reached, the scan answers.
  const far = {
    by: 'key' as const,
    values: BigUint64Array.from(whole?.near.slots ?? [], (slot) => space.slots.key(slot)),
  };
  expect(await space.query({ ...query, filter: { except: far } }, true)).toHaveLength(10);
  await space.close();
});

async function withGraph(count: number) {
  const folder = await createTestFolder();
  const vectors = await open(folder);
  const docs = createDocs(count);
  await vectors.upsert('s', docs);
  await vectors.optimize('s');
  expect(await vectors.stats('s')).toMatchObject({ docs: count, unindexed: 0 });
  return { vectors, docs, folder, close: () => vectors.close() };
}

function open(folder: string): Promise<Vectors> {
  const onGraphFailed = (_space: string, reason: string) => {
    throw new Error(reason);
  };
  return openFlatVectors({ folder, graphs, onGraphFailed });
}

function createDocs(count: number): VectorDoc[] {
  const { vectors } = createClustered({
    dimensions: 64,
    count,
    queries: 0,
    seed: 5,
    clusters: 100,
  });
  return vectors.map((vector, i) => ({
    key: BigInt(i + 1),
    app: APP,
    input: BigInt(i + 1),
    vector,
  }));
}

/** Of the ten nearest to each of `near`, the share that the index finds. */
async function recall(
  vectors: Vectors,
  docs: readonly VectorDoc[],
  near: readonly VectorDoc[],
  app = APP,
): Promise<number> {
  let found = 0;
  for (const { vector } of near) {
    const expected = exactNeighbours(docs, vector, 10, 'cosine').map(({ key }) => key);
    const hits = await vectors.query('s', { app, vector, k: 10 });
    expect(hits.every((hit) => docs.some((doc) => doc.key === hit.key))).toBe(true);
    found += hits.filter((hit) => expected.includes(hit.key)).length;
  }
  return found / (10 * near.length);
}
