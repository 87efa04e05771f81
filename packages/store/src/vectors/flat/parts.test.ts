import { expect, test } from 'vitest';
import { createRandom } from '../clustered.ts';
import { findCandidates } from './candidates.ts';
import { Coder, lengthOf, sketchOf } from './codes.ts';
import { KeyTable } from './key-table.ts';
import { type Change, DamagedError, encodeFrame, MAX_CHANGES, replay } from './log.ts';
import { createRotation } from './rotation.ts';
import { kthBest, takeBest } from './select.ts';
import { CodeSlab, SketchSlab } from './slab.ts';
import { Slots } from './slots.ts';

test('a table of keys is a map, through growth and removal', () => {
  const random = createRandom(1);
  const table = new KeyTable();
  const map = new Map<string, number>();
  for (let i = 0; i < 40_000; i++) {
    const [low, high] = [Math.floor(random() * 3_000), Math.floor(random() * 2) * 64];
    const id = `${low} ${high}`;
    if (random() < 0.4) {
      table.delete(low, high);
      map.delete(id);
    } else {
      table.set(low, high, i);
      map.set(id, i);
    }
    if (i % 50 === 0) expect(table.get(low, high)).toBe(map.get(id));
  }
  expect(table.size).toBe(map.size);
  for (let low = 0; low < 3_000; low++) {
    for (const high of [0, 64]) expect(table.get(low, high)).toBe(map.get(`${low} ${high}`));
  }
});

test('slots know their documents by key, input and app, through every change', () => {
  const random = createRandom(2);
  const slots = new Slots();
  const model = new Map<bigint, { app: bigint; input: bigint; slot: number }>();
  const free: number[] = [];
  let end = 0;
  for (let i = 0; i < 5_000; i++) {
    const key = BigInt(Math.floor(random() * 400));
    if (random() < 0.3) {
      const gone = slots.remove(key);
      expect(gone).toBe(model.get(key)?.slot);
      if (gone !== undefined) free.push(gone);
      model.delete(key);
      continue;
    }
    const slot = free.pop() ?? end++;
    const app = BigInt(Math.floor(random() * 5));
    const input = BigInt(Math.floor(random() * 60));
    const replaced = slots.put(slot, { key, app, input, kind: 0, scale: 1, norm: 1, checksum: 0 });
    expect(replaced).toBe(model.get(key)?.slot);
    if (replaced !== undefined) free.push(replaced);
    model.set(key, { app, input, slot });
  }
  expect(slots.count).toBe(model.size);
  for (let app = 0n; app < 5n; app++) {
    const expected = [...model].filter(([, doc]) => doc.app === app);
    const { slots: found, count } = findCandidates(slots, app);
    expect(sorted(found.subarray(0, count))).toEqual(sorted(expected.map(([, doc]) => doc.slot)));
  }
  for (let input = 0n; input < 60n; input++) {
    const seen: number[] = [];
    slots.visit('input', BigUint64Array.of(input), (slot) => seen.push(slot));
    const expected = [...model.values()].filter((doc) => doc.input === input);
    expect(sorted(seen)).toEqual(sorted(expected.map((doc) => doc.slot)));
  }
  for (const [key, doc] of model) {
    expect(slots.entry(doc.slot)).toMatchObject({ key, app: doc.app, input: doc.input });
  }
});

for (const maxBytes of [undefined, 131_072 + 37 * 128]) {
  test(`kernels agree with plain loops (${maxBytes ? 'several memories' : 'one memory'})`, () => {
    const random = createRandom(3);
    const coder = new Coder(100, 4);
    const codes = new CodeSlab(coder.stride, maxBytes);
    const sketches = new SketchSlab(coder.stride, maxBytes);
    const count = 211;
    codes.reserve(count);
    sketches.reserve(count);
    const vectors = Array.from({ length: count }, () => randomVector(100, random));
    vectors.forEach((vector, slot) => {
      const code = new Int8Array(coder.stride);
      coder.encode(vector, code);
      codes.record(slot).set(new Uint8Array(code.buffer));
      sketchOf(code, sketches.record(slot));
    });
    const query = coder.encodeQuery(randomVector(100, random));
    for (const list of [
      allSlots(count),
      allSlots(count).filter((s) => s % 3 === 1),
      shuffled(count, random),
    ]) {
      const products = new Int32Array(list.length);
      codes.products(query.codes, list, list.length, products);
      expect([...products]).toEqual(
        [...list].map((slot) => product(query.codes, codes.record(slot))),
      );
      const histogram = new Uint32Array(coder.stride + 1);
      const bits = sketches.distances(query.sketch, list, list.length, histogram);
      expect([...bits]).toEqual(
        [...list].map((slot) => differing(query.sketch, sketches.record(slot))),
      );
      expect([...histogram]).toEqual(counted(bits, coder.stride + 1));
    }
  });
}

for (const dimensions of [1, 2, 3, 100, 512, 1_280]) {
  test(`a rotation of ${dimensions} dimensions keeps lengths and angles`, () => {
    const random = createRandom(5);
    const rotation = createRotation(dimensions, 6);
    const [a, b] = [randomVector(dimensions, random), randomVector(dimensions, random)];
    const before = { length: lengthOf(a), inner: inner(a, b) };
    rotation.apply(a);
    rotation.apply(b);
    expect(lengthOf(a)).toBeCloseTo(before.length, 3);
    expect(inner(a, b)).toBeCloseTo(before.inner, 3);
  });
}

test('a rotation spreads a single spike over all dimensions', () => {
  const spike = new Float32Array(1_280);
  spike[3] = 1;
  createRotation(1_280, 7).apply(spike);
  expect(Math.max(...spike.map(Math.abs))).toBeLessThan(6 / Math.sqrt(1_280));
});

test('a log reads as it was written, up to a frame that did not end', () => {
  const put = { op: 'put', slot: 5, key: 2n ** 62n, app: 3n, input: 4n } as const;
  const changes: Change[] = [
    { ...put, kind: 200, scale: 0.5, norm: 2, checksum: 0xfedcba98 },
    { op: 'remove', key: 9n },
    { op: 'removeApp', app: 3n },
  ];
  const [first, second] = [encodeFrame(changes.slice(0, 1)), encodeFrame(changes.slice(1))];
  const read = (log: Buffer) => {
    const found: Change[] = [];
    return { end: replay(log, (change) => found.push(change)), found };
  };
  expect(read(Buffer.concat([first, second]))).toEqual({
    end: first.length + second.length,
    found: changes,
  });
  for (const cut of [1, 7, second.length - 1]) {
    const torn = Buffer.concat([first, second.subarray(0, cut)]);
    expect(read(torn)).toEqual({ end: first.length, found: changes.slice(0, 1) });
  }
  expect(read(Buffer.alloc(100))).toEqual({ end: 0, found: [] });
  const full = encodeFrame(Array.from({ length: MAX_CHANGES }, () => changes[1] as Change));
  const damaged = Buffer.concat([first, full, full]);
  damaged[first.length + 20] = 1;
  expect(() => read(damaged)).toThrow(DamagedError);
});

test('selection agrees with sorting', () => {
  const random = createRandom(8);
  const count = 500;
  const scores = Float32Array.from({ length: count }, () => Math.round(random() * 50));
  const scored = { slots: allSlots(count), scores, count };
  const ordered = [...scores].sort((a, b) => b - a);
  for (const k of [1, 2, 77, 500]) expect(kthBest(scored, k)).toBe(ordered[k - 1]);
  expect(kthBest(scored, 501)).toBe(Number.NEGATIVE_INFINITY);
  const groups = scored.slots.map((slot) => slot % 7);
  const best = [...new Set(groups)].map((g) =>
    Math.max(...scores.filter((_, i) => groups[i] === g)),
  );
  expect(kthBest(scored, 3, groups)).toBe(best.sort((a, b) => b - a)[2]);
  const taken = takeBest(scored, (_, score) => score >= 40, 30);
  expect(taken.map((slot) => scores[slot])).toEqual(ordered.filter((s) => s >= 40).slice(0, 30));
  const thinned = takeBest(scored, () => true, 14, { of: groups, most: 2 });
  expect(
    counted(
      Uint16Array.from(thinned, (slot) => groups[slot] ?? 0),
      7,
    ),
  ).toEqual(Array(7).fill(2));
});

const allSlots = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);
const sorted = (slots: Iterable<number>) => [...slots].sort((a, b) => a - b);

function shuffled(count: number, random: () => number): Uint32Array {
  return Uint32Array.from({ length: 150 }, () => Math.floor(random() * count));
}

function randomVector(dimensions: number, random: () => number): Float32Array {
  return Float32Array.from({ length: dimensions }, () => random() - 0.5);
}

function inner(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function product(query: Int16Array, record: Uint8Array): number {
  const codes = new Int8Array(record.buffer, record.byteOffset, record.length);
  return query.reduce((sum, value, i) => sum + value * (codes[i] ?? 0), 0);
}

function differing(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  a.forEach((byte, i) => {
    for (let rest = byte ^ (b[i] ?? 0); rest; rest &= rest - 1) bits++;
  });
  return bits;
}

function counted(values: Uint16Array, bins: number): number[] {
  const counts = Array<number>(bins).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
