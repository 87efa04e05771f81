/** Program of `durability.test.ts`: changes an index without end and prints what has been acknowledged. */
import { createClustered } from '../clustered.ts';
import { openFlatVectors } from './client.ts';

const folder = process.argv[2] ?? '';
const { vectors: pool } = createClustered({ dimensions: 32, count: 500, queries: 0, seed: 1 });
const index = await openFlatVectors({ folder, graphs: { buildFrom: 1_000 } });
const batch = 50;

/** Each round adds a batch, turns the first document of the last batch around, and removes its second. */
for (let round = 0; ; round++) {
  const docs = pool.slice(0, batch).map((_, i) => {
    const key = BigInt(round * batch + i);
    const vector = pool[(round * batch + i) % pool.length] ?? new Float32Array(32);
    return { key, app: 1n, input: key, vector };
  });
  await index.upsert('s', docs);
  if (docs[0]) await index.upsert('s', [{ ...docs[0], vector: docs[0].vector.map((v) => -v) }]);
  await index.remove('s', [BigInt(round * batch + 1)]);
  process.stdout.write(`${round}\n`);
}
