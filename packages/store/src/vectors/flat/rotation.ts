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
  const size = 2 ** Math.floor(Math.log2(dimensions));
  const tail = dimensions - size;
  const windows = tail === 0 ? [0, 0, 0] : [0, tail, 0, tail];
  // Signs before every transform: two in a row would undo each other where their windows overlap.
  const rounds = windows.map((from, i) => ({ from, signs: randomSigns(dimensions, seed, i) }));
  return {
    apply(vector) {
      for (const { from, signs } of rounds) {
        for (let i = 0; i < dimensions; i++) vector[i] = (vector[i] ?? 0) * (signs[i] ?? 0);
        transform(vector, from, size);
      }
    },
  };
}

/** The orthonormal Walsh-Hadamard transform of `vector[from .. from + size]`. */
function transform(vector: Float32Array, from: number, size: number): void {
  const part = vector.subarray(from, from + size);
  for (let half = 1; half < size; half *= 2) {
    for (let left = 0; left < size; left += 2 * half) {
      for (let i = left; i < left + half; i++) {
        const a = part[i] as number; // inside the window, by the loop's bounds
        const b = part[i + half] as number;
        part[i] = a + b;
        part[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(size);
  for (let i = 0; i < size; i++) part[i] = (part[i] ?? 0) * scale;
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
