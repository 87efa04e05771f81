/** What every implementation of `Vectors` must do. Each runs it from a test of its own. */
import { expect, test } from 'vitest';
import { type Clustered, createClustered, exactNeighbours } from './clustered.ts';
import type { VectorDoc, VectorHit, Vectors } from './vectors.ts';

export interface Subject {
  /** The same index each time: what an earlier opening made durable is there. */
  open(): Promise<Vectors>;
}

const APP = 7n;
const OTHER_APP = 8n;
const DIMENSIONS = 96;

export function testVectors(name: string, createSubject: () => Promise<Subject>): void {
  const using = (title: string, run: (vectors: Vectors, subject: Subject) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const subject = await createSubject();
      const vectors = await subject.open();
      try {
        await run(vectors, subject);
      } finally {
        await vectors.close();
      }
    });

  using('an app never sees the documents of another', async (vectors) => {
    const { docs } = clustered(400);
    const theirs = docs.slice(200).map((doc) => ({ ...doc, app: OTHER_APP }));
    await vectors.upsert('s', [...docs.slice(0, 200), ...theirs]);
    const named = { by: 'key', values: keysOf(docs) } as const;
    const owned = { by: 'input', values: BigUint64Array.from(docs, (each) => each.input) } as const;
    for (const filter of [{}, { only: named }, { only: owned }]) {
      const hits = await vectors.query('s', {
        app: OTHER_APP,
        vector: vectorOf(docs, 0),
        k: 400,
        filter,
      });
      expect(keys(hits)).toEqual(keys(theirs));
    }
    expect(await vectors.query('s', { app: 99n, vector: vectorOf(docs, 0), k: 5 })).toEqual([]);
  });

  using('a document is found by its own vector, and a replaced one by the new', async (vectors) => {
    const { docs } = clustered(300);
    await vectors.upsert('s', docs);
    expect(await best(vectors, vectorOf(docs, 5))).toMatchObject({ key: 6n, input: 1_006n });
    await vectors.upsert('s', [{ ...doc(docs, 5), vector: opposite(vectorOf(docs, 5)) }]);
    expect((await best(vectors, vectorOf(docs, 5)))?.key).not.toBe(6n);
    expect((await best(vectors, opposite(vectorOf(docs, 5))))?.key).toBe(6n);
    expect((await vectors.stats('s')).docs).toBe(300);
  });

  using('the last of several documents with one key stays', async (vectors) => {
    const { docs } = clustered(3);
    await vectors.upsert(
      's',
      docs.map((each) => ({ ...each, key: 1n })),
    );
    const hits = await vectors.query('s', { app: APP, vector: vectorOf(docs, 2), k: 10 });
    expect(hits).toHaveLength(1);
    expect(hits[0]?.score).toBeCloseTo(1, 5);
  });

  using('a document that moves to another app leaves the first', async (vectors) => {
    const { docs } = clustered(2);
    await vectors.upsert('s', docs);
    await vectors.upsert('s', [{ ...doc(docs, 0), app: OTHER_APP }]);
    expect(keys(await vectors.query('s', { app: APP, vector: vectorOf(docs, 0), k: 10 }))).toEqual([
      2n,
    ]);
    expect(
      keys(await vectors.query('s', { app: OTHER_APP, vector: vectorOf(docs, 0), k: 10 })),
    ).toEqual([1n]);
  });

  using('removed documents are gone, and their places are used again', async (vectors) => {
    const { docs } = clustered(500);
    await vectors.upsert('s', docs);
    await vectors.remove('s', [...keys(docs.slice(0, 250)), 12_345n]);
    expect(keys(await all(vectors, docs))).toEqual(keys(docs.slice(250)));
    await vectors.upsert('s', docs.slice(100, 200));
    expect(keys(await all(vectors, docs))).toEqual([
      ...keys(docs.slice(100, 200)),
      ...keys(docs.slice(250)),
    ]);
    expect((await best(vectors, vectorOf(docs, 150)))?.key).toBe(151n);
  });

  using('removing an app leaves the others', async (vectors) => {
    const { docs } = clustered(300);
    await vectors.upsert(
      's',
      docs.map((each, i) => ({ ...each, app: i % 3 ? APP : OTHER_APP })),
    );
    await vectors.removeApp('s', APP);
    expect(await all(vectors, docs)).toEqual([]);
    expect(
      await vectors.query('s', { app: OTHER_APP, vector: vectorOf(docs, 0), k: 500 }),
    ).toHaveLength(100);
    expect((await vectors.stats('s')).docs).toBe(100);
    await vectors.removeApp('s', 404n);
  });

  using('the filter comes before the ranking', async (vectors) => {
    const set = clustered(2_000);
    const docs = set.docs.map((each, i) => ({ ...each, kind: i % 4, input: BigInt(i >> 1) }));
    await vectors.upsert('s', docs);
    const target = vectorOf(docs, 0);
    const search = (filter: object, k = 5) =>
      vectors.query('s', { app: APP, vector: target, k, filter });
    const far = docs.slice(1_990);
    expect(keys(await search({ only: { by: 'key', values: keysOf(far) } }, 10))).toEqual(keys(far));
    const inputs = BigUint64Array.from([3n, 4n, 3n, 77_777n]);
    expect(keys(await search({ only: { by: 'input', values: inputs } }, 10))).toEqual([
      7n,
      8n,
      9n,
      10n,
    ]);
    expect(
      (await search({ except: { by: 'key', values: keysOf(docs.slice(0, 1)) } }))[0]?.key,
    ).not.toBe(1n);
    const kinds = await search({ kinds: [1, 3] }, 2_000);
    expect(keys(kinds)).toEqual(keys(docs.filter((each) => each.kind % 2 === 1)));
    expect(await search({ only: { by: 'key', values: new BigUint64Array(0) } })).toEqual([]);
    expect(await search({ kinds: [] })).toEqual([]);
    const both = {
      kinds: [0, 1],
      only: { by: 'key', values: keysOf(docs.slice(0, 1_000)) },
      except: { by: 'input', values: BigUint64Array.from([0n, 1n]) },
    };
    const expected = docs.slice(4, 1_000).filter((each) => each.kind < 2);
    expect(keys(await search(both, 2_000))).toEqual(keys(expected));
  });

  using('a distinct answer has each input once, by its nearest', async (vectors) => {
    const { docs } = clustered(900);
    // One input owns most of the neighbourhood: it must not crowd the others out.
    const owned = docs.map((each, i) => ({ ...each, input: i < 600 ? 1n : BigInt(i) }));
    await vectors.upsert('s', owned);
    const query = { app: APP, vector: vectorOf(docs, 10), k: 50 };
    const hits = await vectors.query('s', { ...query, distinct: true });
    expect(new Set(hits.map((hit) => hit.input)).size).toBe(50);
    expect(hits[0]).toMatchObject({ key: 11n, input: 1n });
    const whole = await vectors.query('s', { ...query, k: 900 });
    expect(hits.map((hit) => hit.input)).toEqual(firstInputs(whole, 50));
  });

  for (const metric of ['cosine', 'inner', 'euclidean'] as const) {
    using(`${metric}: scores are exact and ordered`, async (vectors) => {
      const { docs, queries } = clustered(3_000, { lengths: true });
      await vectors.upsert('s', docs);
      for (const vector of queries.slice(0, 5)) {
        const hits = await vectors.query('s', { app: APP, vector, k: 10, metric });
        const expected = exactNeighbours(docs, vector, 10, metric);
        expect(keys(hits)).toEqual(keys(expected));
        hits.forEach((hit, i) => {
          expect(hit.score).toBeCloseTo(expected[i]?.score ?? Number.NaN, 4);
        });
        expect(hits.map((hit) => hit.key)).toEqual(expected.map((each) => each.key));
      }
    });
  }

  using('recall@10 is at least 0.99, whatever share the filter leaves', async (vectors) => {
    const { docs, queries } = clustered(12_000);
    await vectors.upsert('s', docs);
    await vectors.optimize('s');
    for (const share of [1, 0.5, 0.2, 0.05, 0.01]) {
      const kept = share === 1 ? docs : docs.filter((_, i) => hash(i) < share);
      const filter = share === 1 ? {} : { only: { by: 'key' as const, values: keysOf(kept) } };
      let found = 0;
      for (const vector of queries) {
        const hits = await vectors.query('s', { app: APP, vector, k: 10, filter });
        const expected = new Set(
          exactNeighbours(kept, vector, 10, 'cosine').map((each) => each.key),
        );
        found += hits.filter((hit) => expected.has(hit.key)).length;
      }
      expect(found / (10 * queries.length), `share ${share}`).toBeGreaterThanOrEqual(0.99);
    }
  });

  using('all of it is there after a restart', async (vectors, subject) => {
    const { docs } = clustered(1_500);
    await vectors.upsert('s', docs);
    await vectors.upsert(
      's',
      docs.slice(0, 300).map((each) => ({ ...each, vector: opposite(each.vector) })),
    );
    await vectors.remove('s', keys(docs.slice(300, 600)));
    await vectors.upsert('s', docs.slice(550, 600));
    await vectors.upsert('t', docs.slice(0, 1));
    const before = await all(vectors, docs);
    await vectors.close();
    const again = await subject.open();
    try {
      expect(await again.spaces()).toEqual(['s', 't']);
      expect(await all(again, docs)).toEqual(before);
      await again.optimize('s');
      expect(await all(again, docs)).toEqual(before);
    } finally {
      await again.close();
    }
  });

  using('a dropped space is empty, and can have other dimensions', async (vectors) => {
    const { docs } = clustered(50);
    await vectors.upsert('s', docs);
    await vectors.drop('s');
    expect(await vectors.spaces()).toEqual([]);
    expect(await all(vectors, docs)).toEqual([]);
    await vectors.upsert('s', [{ ...doc(docs, 0), vector: Float32Array.of(1, 2) }]);
    expect(await vectors.stats('s')).toMatchObject({ docs: 1, dimensions: 2 });
    await vectors.drop('never-there');
  });

  using('vectors of length 0 and of one dimension can be searched', async (vectors) => {
    await vectors.upsert('s', [one(1n, 0), one(2n, 3), one(3n, -1)]);
    const hits = await vectors.query('s', { app: APP, vector: Float32Array.of(2), k: 3 });
    expect(hits.map((hit) => [hit.key, hit.score])).toEqual([
      [2n, 1],
      [1n, 0],
      [3n, -1],
    ]);
    const none = await vectors.query('s', { app: APP, vector: Float32Array.of(0), k: 3 });
    expect(none.map((hit) => hit.score)).toEqual([0, 0, 0]);
  });

  using('what can never be right is refused, and nothing of it stays', async (vectors) => {
    const { docs } = clustered(2);
    await vectors.upsert('s', docs);
    const vector = vectorOf(docs, 0);
    const refused = [
      vectors.upsert('s', [one(9n, 1)]),
      vectors.upsert('s', [doc(docs, 0), one(9n, 1)]),
      vectors.upsert('s', [
        { ...doc(docs, 0), vector: vector.map((v, i) => (i === 3 ? Number.NaN : v)) },
      ]),
      vectors.upsert('s', [{ ...doc(docs, 0), key: -1n }]),
      vectors.upsert('s', [{ ...doc(docs, 0), kind: 256 }]),
      vectors.upsert('../s', docs),
      vectors.query('s', { app: APP, vector, k: 0 }),
      vectors.query('s', { app: APP, vector, k: 10_001 }),
      vectors.query('s', { app: APP, vector: vector.slice(1), k: 1 }),
      vectors.query('s', { app: APP, vector: new Float32Array(DIMENSIONS).fill(Number.NaN), k: 1 }),
    ];
    for (const call of await Promise.allSettled(refused)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { name: 'VectorInputError' } });
    }
    await vectors.upsert('s', []);
    expect((await vectors.stats('s')).docs).toBe(2);
  });
}

function clustered(count: number, options: Partial<Clustered> = {}) {
  const set = createClustered({ dimensions: DIMENSIONS, count, queries: 20, seed: 3, ...options });
  const docs = set.vectors.map((vector, i): VectorDoc => {
    return { key: BigInt(i + 1), app: APP, input: BigInt(i + 1_001), vector };
  });
  return { docs, queries: set.queries };
}

const hash = (i: number) => ((Math.imul(i + 1, 0x9e3779b1) >>> 8) & 0xffff) / 0x10000;
const opposite = (vector: Float32Array) => vector.map((value) => -value);
const keysOf = (docs: readonly VectorDoc[]) => BigUint64Array.from(docs, ({ key }) => key);
const one = (key: bigint, value: number): VectorDoc => {
  return { key, app: APP, input: key, vector: Float32Array.of(value) };
};

function keys(items: readonly { readonly key: bigint }[]): bigint[] {
  return items.map(({ key }) => key).sort((a, b) => Number(a - b));
}

function doc(docs: readonly VectorDoc[], index: number): VectorDoc {
  const found = docs[index];
  if (!found) throw new RangeError(`There is no document ${index}.`);
  return found;
}

function vectorOf(docs: readonly VectorDoc[], index: number): Float32Array {
  return doc(docs, index).vector;
}

async function best(vectors: Vectors, vector: Float32Array): Promise<VectorHit | undefined> {
  return (await vectors.query('s', { app: APP, vector, k: 1 }))[0];
}

function all(vectors: Vectors, docs: readonly VectorDoc[]): Promise<VectorHit[]> {
  return vectors.query('s', { app: APP, vector: vectorOf(docs, 0), k: 10_000 });
}

function firstInputs(hits: readonly VectorHit[], count: number): bigint[] {
  return [...new Set(hits.map((hit) => hit.input))].slice(0, count);
}
