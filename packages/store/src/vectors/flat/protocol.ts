import {
  type Taken,
  type VectorHit,
  VectorInputError,
  type VectorQuery,
  type VectorStats,
  VectorsUnavailableError,
} from '../vectors.ts';

/** Documents in columns: typed arrays cross a thread boundary without a copy. */
export interface DocColumns {
  readonly keys: BigUint64Array;
  readonly apps: BigUint64Array;
  readonly inputs: BigUint64Array;
  readonly kinds: Uint8Array;
  /** One vector after the other. */
  readonly vectors: Float32Array;
}

/** What each operation takes and answers. */
export interface Operations {
  upsert: { input: { space: string; docs: DocColumns }; output: undefined };
  take: { input: { limit: number }; output: Taken | undefined };
  remove: { input: { space: string; keys: BigUint64Array }; output: undefined };
  removeApp: { input: { space: string; app: bigint }; output: undefined };
  /** Alone: no other query is under way, so it may hold the thread. */
  query: { input: { space: string; query: VectorQuery; alone: boolean }; output: VectorHit[] };
  optimize: { input: { space: string }; output: undefined };
  stats: { input: { space: string }; output: VectorStats };
  spaces: { input: object; output: string[] };
  drop: { input: { space: string }; output: undefined };
  /** Answered when the thread runs; spaces may still be loading. */
  hello: { input: object; output: undefined };
  close: { input: object; output: undefined };
}

export type Op = keyof Operations;

export type Request = {
  [O in Op]: { readonly id: number; readonly op: O } & Operations[O]['input'];
}[Op];

export type Message =
  /** A space's files could not be trusted and are gone: its rows have to be indexed again. */
  | { readonly event: 'lost'; readonly space: string; readonly reason: string }
  /** A background build failed: scans go on answering. */
  | { readonly event: 'graph-failed'; readonly space: string; readonly reason: string }
  | { readonly event: 'done'; readonly id: number; readonly value: unknown }
  | { readonly event: 'failed'; readonly id: number; readonly error: ErrorData };

export interface ErrorData {
  readonly name: string;
  readonly message: string;
}

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  return { name: error.name, message: error.message };
}

export function errorFrom({ name, message }: ErrorData): Error {
  if (name === 'VectorInputError') return new VectorInputError(message);
  return new VectorsUnavailableError(message);
}
