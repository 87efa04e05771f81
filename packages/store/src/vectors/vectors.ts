/**
 * The vector index: nearest neighbours within one app, with the filter applied before the ranking.
 *
 * The rows in the database are the truth. An index holds what can be derived from them and may be dropped and
 * refilled at any time; it keeps only facts that cannot change while an embedding lives (its app, its input and
 * its kind), so an edited annotation, dataset or status never makes it stale. Filters on those come as sets of
 * keys that the database computed.
 */
export interface Vectors {
  /**
   * Replaces by key. Resolves when the documents are durable and visible to queries; where it rejects, some of
   * them may be, and the call can be repeated.
   */
  upsert(space: string, docs: readonly VectorDoc[]): Promise<void>;
  /**
   * Takes in up to so many of the embeddings that wait in the database, read by the index itself: what it holds passes
   * through no other thread. They go on waiting until the caller has noted in their rows that they are in. Undefined
   * where the index cannot read them.
   */
  takeWaiting(limit: number): Promise<Taken | undefined>;
  /** Unknown keys are ignored. */
  remove(space: string, keys: readonly bigint[]): Promise<void>;
  removeApp(space: string, app: bigint): Promise<void>;
  /** Best first. An unknown space has no documents. */
  query(space: string, query: VectorQuery): Promise<VectorHit[]>;
  /** Resolves when every document that is due for an approximate index is in it, and the log is short. */
  optimize(space: string): Promise<void>;
  stats(space: string): Promise<VectorStats>;
  spaces(): Promise<string[]>;
  drop(space: string): Promise<void>;
  close(): Promise<void>;
}

export interface VectorDoc {
  /** The row's key: unique in its space over all apps. */
  readonly key: bigint;
  readonly app: bigint;
  /** The input that the embedding belongs to; several (regions, frames) may share one. */
  readonly input: bigint;
  readonly vector: Float32Array;
  /** 0 to 255, of the caller's choosing: what sort of input, whole or region. It must never change. */
  readonly kind?: number;
}

/** An app's own documents and no others: every query carries one. An `AppScope` has this shape. */
export interface VectorScope {
  readonly app: bigint;
}

/** Order and meaning of `VectorHit.score`: similarity and product descend, distance ascends. */
export type Metric = 'cosine' | 'inner' | 'euclidean';

export interface VectorQuery extends VectorScope {
  readonly vector: Float32Array;
  /** 1 to 10,000. */
  readonly k: number;
  /** Default: cosine. */
  readonly metric?: Metric;
  readonly filter?: VectorFilter;
  /** At most one hit per input: its nearest embedding. */
  readonly distinct?: boolean;
}

/** All parts must hold. Absent parts let everything pass; an empty `only` lets nothing pass. */
export interface VectorFilter {
  readonly kinds?: readonly number[];
  readonly only?: KeySet;
  readonly except?: KeySet;
}

/** Candidates by their own keys or by the inputs they belong to, in any order; unknown ones are ignored. */
export interface KeySet {
  readonly by: 'key' | 'input';
  readonly values: BigUint64Array;
}

export interface VectorHit {
  readonly key: bigint;
  readonly input: bigint;
  /** Raw: cosine similarity (-1 to 1), inner product, or Euclidean distance, from the full-precision vectors. */
  readonly score: number;
}

export interface Taken {
  /** How many were read: fewer than asked for when no more wait. */
  readonly count: number;
  readonly spaces: readonly {
    readonly space: string;
    readonly keys: BigUint64Array;
    /** Why none of these could be taken in, as one is of another size. */
    readonly refused: string | undefined;
  }[];
}

export interface VectorStats {
  readonly docs: number;
  /** Documents reached through an approximate index. */
  readonly indexed: number;
  /** Documents that are due for one and are answered by exact scan until then. */
  readonly unindexed: number;
  readonly building: boolean;
  readonly dimensions: number;
  /** Bytes that the space keeps in memory. */
  readonly memory: number;
}

export const MAX_K = 10_000;
export const MAX_DIMENSIONS = 8_192;
/** Sums of squares must stay within single precision. */
const LARGEST = 1e16;

/** A request that can never succeed: wrong size, wrong name, a number that is none. */
export class VectorInputError extends Error {
  override name = 'VectorInputError';
}

/** The index cannot answer now (closed, its owner ended); the same call may succeed later. */
export class VectorsUnavailableError extends Error {
  override name = 'VectorsUnavailableError';
}

const SPACE_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export function assertSpaceName(space: string): void {
  if (!SPACE_NAME.test(space)) {
    throw new VectorInputError(
      `"${space}" cannot name a space: it must match ${SPACE_NAME.source}.`,
    );
  }
}

export function assertQuery(query: VectorQuery): void {
  if (!Number.isInteger(query.k) || query.k < 1 || query.k > MAX_K) {
    throw new VectorInputError(`k must be a whole number from 1 to ${MAX_K}, not ${query.k}.`);
  }
  assertKey(query.app, 'app');
  assertVector(query.vector);
}

export function assertDocs(docs: readonly VectorDoc[]): void {
  for (const doc of docs) {
    assertKey(doc.key, 'key');
    assertKey(doc.app, 'app');
    assertKey(doc.input, 'input');
    assertVector(doc.vector);
    const kind = doc.kind ?? 0;
    if (!Number.isInteger(kind) || kind < 0 || kind > 255) {
      throw new VectorInputError(`kind must be a whole number from 0 to 255, not ${kind}.`);
    }
    if (doc.vector.length !== docs[0]?.vector.length) {
      throw new VectorInputError(
        'All vectors of one call must have the same number of dimensions.',
      );
    }
  }
}

export function assertDimensions(expected: number, actual: number): void {
  if (expected === actual) return;
  throw new VectorInputError(`The space holds vectors of ${expected} dimensions, not ${actual}.`);
}

export function assertVector(vector: Float32Array): void {
  if (vector.length === 0 || vector.length > MAX_DIMENSIONS) {
    throw new VectorInputError(
      `A vector must have 1 to ${MAX_DIMENSIONS} dimensions, not ${vector.length}.`,
    );
  }
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i] as number); // i < length
    if (!(size <= LARGEST)) {
      throw new VectorInputError(
        `Dimension ${i} of a vector is not a number that can be searched.`,
      );
    }
  }
}

export function assertKeys(keys: readonly bigint[]): void {
  for (const key of keys) assertKey(key, 'key');
}

function assertKey(key: bigint, name: string): void {
  if (key >= 0n && key < 1n << 63n) return;
  throw new VectorInputError(`${name} must be a row key from 0 to 2^63 - 1, not ${key}.`);
}
