import { expect, test } from 'vitest';
import { createTestFolder } from '../test-folder.ts';
import type { VectorStats } from '../vectors.ts';
import { Owner } from './owner.ts';
import type { WaitingRows } from './waiting-rows.ts';

test('what waits is read only when all that was read before is in', async () => {
  const before: unknown[] = [];
  const vectors = new Float32Array(8);
  const keys = new BigUint64Array(2);
  const rows: WaitingRows = {
    // As the real one does, into the same memory.
    read: async () => {
      const stats = await owner.handle({ id: 0, op: 'stats', space: 'embeddings-3' });
      before.push((stats as VectorStats).docs);
      const first = keys[1] ?? 0n;
      for (const i of [0, 1]) {
        keys[i] = first + BigInt(i) + 1n;
        vectors.fill(0, i * 4, i * 4 + 4)[i * 4 + (Number(keys[i]) % 4)] = 1;
      }
      const kinds = new Uint8Array(2);
      const apps = BigUint64Array.of(1n, 1n);
      return [{ space: 3n, docs: { keys, apps, inputs: keys, kinds, vectors } }];
    },
    close: async () => undefined,
  };
  const folder = await createTestFolder();
  const owner = new Owner({ folder, report: () => undefined, graphs: undefined, rows });
  await Promise.all([1, 2].map((id) => owner.handle({ id, op: 'take', limit: 2 })));
  expect(before).toEqual([0, 2]);
  for (const key of [1, 2, 3, 4]) {
    const query = { app: 1n, vector: new Float32Array(4).fill(1, key % 4, (key % 4) + 1), k: 1 };
    const hits = await owner.handle({
      id: 5,
      op: 'query',
      space: 'embeddings-3',
      query,
      alone: true,
    });
    expect(hits).toMatchObject([{ key: BigInt(key), score: 1 }]);
  }
  await owner.handle({ id: 6, op: 'close' });
});
