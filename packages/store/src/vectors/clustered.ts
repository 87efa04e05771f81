/**
 * Vectors that look like embeddings, the same for the same options: cluster centres of unequal weight around a
 * common offset, and noise around each centre, both with a spectrum that falls off over the dimensions (as the
 * variance of real embeddings does). For tests and benchmarks.
 */
import { exactValue, isAscending } from './flat/measure.ts';
import type { Metric, VectorDoc } from './vectors.ts';

export interface Clustered {
  readonly dimensions: number;
  readonly count: number;
  /** Further vectors of the same distribution, that are not among `vectors`. */
  readonly queries: number;
  readonly seed: number;
  /** Default 1,000. */
  readonly clusters?: number;
  /** Noise as a share of the spread of the centres; default 0.7. */
  readonly noise?: number;
  /** Length of the common offset as a share of the same; default 0.5. */
  readonly offset?: number;
  /** Vectors of unequal length rather than of length 1. */
  readonly lengths?: boolean;
}

export interface ClusteredSet {
  readonly vectors: Float32Array[];
  readonly queries: Float32Array[];
  /** The cluster of each of `vectors`. */
  readonly clusterOf: Uint32Array;
}

const DECAY = 0.5;

export function createClustered(options: Clustered): ClusteredSet {
  const { dimensions, count, clusters = 1_000, noise = 0.7, offset = 0.5 } = options;
  const random = createRandom(options.seed);
  const normal = () => normalOf(random);
  const spectrum = createSpectrum(dimensions, random);
  const shift = spectrum.map(() => (Math.abs(normal()) * offset) / Math.sqrt(dimensions));
  const centres = Array.from({ length: clusters }, () =>
    spectrum.map((scale, i) => (shift[i] ?? 0) + normal() * scale),
  );
  const clusterOf = new Uint32Array(count + options.queries);
  const vectors = Array.from(clusterOf, (_, i) => {
    // The square of a uniform number: the first clusters are many times the size of the last.
    const cluster = Math.floor(random() ** 2 * clusters);
    clusterOf[i] = cluster;
    const centre = centres[cluster] ?? spectrum;
    const length = options.lengths ? 0.5 + random() : 1;
    const raw = Float32Array.from(spectrum, (s, d) => (centre[d] ?? 0) + normal() * s * noise);
    return scaledTo(raw, length);
  });
  return {
    vectors: vectors.slice(0, count),
    queries: vectors.slice(count),
    clusterOf: clusterOf.slice(0, count),
  };
}

/** The best `k` by comparing with every document: what an index is measured against. */
export function exactNeighbours(
  docs: readonly VectorDoc[],
  vector: Float32Array,
  k: number,
  metric: Metric,
): { readonly key: bigint; readonly score: number }[] {
  const sign = isAscending(metric) ? 1 : -1;
  return docs
    .map((doc) => ({ key: doc.key, score: exactValue(metric, vector, doc.vector) }))
    .sort((a, b) => sign * (a.score - b.score))
    .slice(0, k);
}

/** Standard deviations by dimension, of total length 1, in a shuffled order. */
function createSpectrum(dimensions: number, random: () => number): Float64Array {
  const spectrum = Float64Array.from({ length: dimensions }, (_, i) => (i + 1) ** -DECAY);
  for (let i = dimensions - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [spectrum[i], spectrum[j]] = [spectrum[j] ?? 0, spectrum[i] ?? 0];
  }
  const length = Math.hypot(...spectrum);
  return spectrum.map((value) => value / length);
}

function scaledTo(vector: Float32Array, length: number): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const scale = length / Math.sqrt(sum);
  return vector.map((value) => value * scale);
}

/** The sum of six uniform numbers: near enough, and several times faster than logarithms. */
function normalOf(random: () => number): number {
  const sum = random() + random() + random() + random() + random() + random();
  return (sum - 3) * Math.SQRT2;
}

export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
