/**
 * A fixed pseudo-random rotation of the space: sign flips and Walsh-Hadamard transforms by turns, over the first
 * and the last power-of-two window. It keeps lengths and angles and spreads every vector evenly over the
 * dimensions, which is what makes one scale per vector and one bit per dimension fair to all of them (raw
 * embeddings have outlier dimensions, and after a ReLU their signs say nothing).
 */
export interface Rotation {
  /** `vector` in the rotated space, in place. */
  apply(vector: Float32Array): void;
}

export function createRotation(dimensions: number, seed: number): Rotation {
  const size = 1 << (31 - Math.clz32(dimensions));
  const tail = dimensions - size;
  const windows = tail === 0 ? [0, 0, 0] : [0, tail, 0, tail];
  // Signs before every transform: two in a row would undo each other where their windows overlap.
  const rounds = windows.map((from, i) => ({ from, signs: randomSigns(dimensions, seed, i) }));
  return {
    apply(vector) {
      for (const { from, signs } of rounds) {
        for (let i = 0; i < dimensions; i++)
          vector[i] = (vector[i] as number) * (signs[i] as number);
        transform(vector, from, size);
      }
    },
  };
}

/** The orthonormal Walsh-Hadamard transform of `vector[from .. from + size]`, two of its levels at a time. */
function transform(vector: Float32Array, from: number, size: number): void {
  const part = vector.subarray(from, from + size);
  let quarter = 1;
  for (; quarter * 4 <= size; quarter *= 4) {
    for (let left = 0; left < size; left += 4 * quarter) {
      for (let i = left; i < left + quarter; i++) mixFour(part, i, quarter);
    }
  }
  if (quarter < size) for (let i = 0; i < quarter; i++) mixTwo(part, i, quarter);
  const scale = 1 / Math.sqrt(size);
  for (let i = 0; i < size; i++) part[i] = (part[i] as number) * scale;
}

function mixTwo(part: Float32Array, i: number, step: number): void {
  const [a, b] = [part[i] as number, part[i + step] as number];
  part[i] = a + b;
  part[i + step] = a - b;
}

function mixFour(part: Float32Array, i: number, step: number): void {
  const a = part[i] as number; // all four lie within the window
  const b = part[i + step] as number;
  const c = part[i + 2 * step] as number;
  const d = part[i + 3 * step] as number;
  part[i] = a + b + (c + d);
  part[i + step] = a - b + (c - d);
  part[i + 2 * step] = a + b - (c + d);
  part[i + 3 * step] = a - b - (c - d);
}

function randomSigns(count: number, seed: number, round: number): Float32Array {
  const next = mulberry(seed ^ Math.imul(round + 1, 0x9e3779b1));
  return Float32Array.from({ length: count }, () => (next() & 1 ? -1 : 1));
}

/** Files on disk depend on this sequence: it must never change. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 16;
  };
}
