/** Spherical k-means with a fixed seed, and the two widest axes of the vectors. */

export function kMeans(
  vectors: readonly Float32Array[],
  k: number,
  rounds: number,
): Float32Array[] {
  const width = vectors[0]?.length ?? 0;
  let centroids = spread(vectors, k);
  for (let round = 0; round < rounds; round++) {
    const sums = centroids.map(() => new Float32Array(width));
    for (const vector of vectors) {
      const sum = sums[nearest(vector, centroids)];
      if (sum) for (let i = 0; i < width; i++) sum[i] = (sum[i] ?? 0) + (vector[i] ?? 0);
    }
    centroids = sums.map((sum, i) =>
      sum.some((v) => v !== 0) ? unit(sum) : (centroids[i] ?? sum),
    );
  }
  return centroids;
}

export function nearest(vector: Float32Array, centroids: readonly Float32Array[]): number {
  let best = 0;
  let likeness = Number.NEGATIVE_INFINITY;
  centroids.forEach((centroid, i) => {
    const value = product(vector, centroid);
    if (value > likeness) [best, likeness] = [i, value];
  });
  return best;
}

/** Principal axes by power iteration on vectors that are about centred. */
export function mainAxes(vectors: readonly Float32Array[], count: number): Float32Array[] {
  const axes: Float32Array[] = [];
  const random = randomSource(11);
  const width = vectors[0]?.length ?? 0;
  while (axes.length < count) {
    let axis = unit(Float32Array.from({ length: width }, () => random() - 0.5));
    for (let round = 0; round < 30; round++) {
      const next = new Float32Array(width);
      for (const vector of vectors) {
        const along = product(vector, axis);
        for (let i = 0; i < width; i++) next[i] = (next[i] ?? 0) + along * (vector[i] ?? 0);
      }
      for (const found of axes) {
        const along = product(next, found);
        for (let i = 0; i < width; i++) next[i] = (next[i] ?? 0) - along * (found[i] ?? 0);
      }
      axis = unit(next);
    }
    axes.push(axis);
  }
  return axes;
}

/** The file that `ClusterSpace` reads. */
export function clusterFile(vectors: readonly Float32Array[], k: number): object {
  const axes = mainAxes(vectors, 2);
  const scale = axes.map((axis) => {
    const reach = vectors.map((vector) => Math.abs(product(vector, axis))).sort((a, b) => a - b);
    return Number((1 / (reach[Math.floor(reach.length * 0.98)] || 1)).toFixed(4));
  });
  return {
    dimensions: vectors[0]?.length ?? 0,
    centroids: signedBytes(kMeans(vectors, k, 25)),
    axes: signedBytes(axes),
    scale,
  };
}

function signedBytes(rows: readonly Float32Array[]): string {
  const bytes = rows.map((row) => {
    const top = row.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
    return Int8Array.from(row, (value) => Math.round((value / top) * 127));
  });
  return Buffer.concat(bytes.map((row) => Buffer.from(row.buffer))).toString('base64');
}

/** k-means++: each next start is far from the ones there are. */
function spread(vectors: readonly Float32Array[], k: number): Float32Array[] {
  const random = randomSource(7);
  const starts = [vectors[Math.floor(random() * vectors.length)] ?? new Float32Array()];
  const gaps = vectors.map(() => 2);
  while (starts.length < k) {
    const last = starts.at(-1) ?? new Float32Array();
    let sum = 0;
    vectors.forEach((vector, i) => {
      gaps[i] = Math.min(gaps[i] ?? 2, Math.max(0, 1 - product(vector, last)));
      sum += gaps[i] ?? 0;
    });
    let left = random() * sum;
    const pick = gaps.findIndex((gap) => {
      left -= gap;
      return left <= 0;
    });
    starts.push(vectors[Math.max(0, pick)] ?? last);
  }
  return starts;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(product(vector, vector)) || 1;
  return vector.map((value) => value / length);
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** A linear congruential generator: the same numbers on every run. */
function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
