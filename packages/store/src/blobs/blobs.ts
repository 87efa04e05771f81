import type { Readable } from 'node:stream';

/** Where bytes are kept. Keys are ours: lower-case segments joined by slashes; no client chooses one. */
export interface Blobs extends AsyncDisposable {
  /** Stores all of `body` or nothing, replacing what had the key before; durable when it returns. */
  put(key: string, body: BlobSource, options: PutOptions): Promise<Stored>;
  /** Undefined where there is no such blob. Whoever takes the stream reads it to its end or destroys it. */
  get(key: string, options?: GetOptions): Promise<Blob | undefined>;
  head(key: string): Promise<BlobInfo | undefined>;
  /** Keys that don't exist are no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** Every key that begins with `prefix`, in no particular order. */
  list(prefix: string): AsyncIterable<string>;
  /** Throws unless blobs can be written just now. */
  check(): Promise<void>;
}

export type BlobSource = Uint8Array | AsyncIterable<Uint8Array>;

export interface PutOptions {
  readonly contentType: string;
  /** In hex. A body that has another is refused, and nothing is stored. */
  readonly expectedSha256?: string;
}

export interface Stored {
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

export interface GetOptions {
  /** Of bytes, both ends included; without `end` to the last one. */
  readonly range?: ByteRange;
}

export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface BlobInfo {
  /** Of the whole blob, also where only a range of it is read. */
  readonly size: number;
  readonly contentType: string;
  /** As in HTTP, quotes included. Another content has another one. */
  readonly etag: string;
}

export interface Blob extends BlobInfo {
  readonly stream: Readable;
}

/** The range lies beyond the blob's end. */
export class RangeNotSatisfiable extends Error {
  readonly size: number;

  constructor(size: number) {
    super(`the range lies beyond the end of ${size} bytes`);
    this.size = size;
  }
}

const keyPattern = /^[a-z0-9][a-z0-9._-]{0,127}(?:\/[a-z0-9][a-z0-9._-]{0,127}){0,15}$/;

/** Keeps keys within their store: no empty or dotted segment, nothing that two file systems read differently. */
export function checkKey(key: string): string {
  if (!keyPattern.test(key)) throw new Error(`${JSON.stringify(key)} is not a blob key`);
  return key;
}

/** A prefix is the beginning of a key. */
export function checkPrefix(prefix: string): string {
  if (prefix === '') return prefix;
  checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  return prefix;
}

/** The last byte of a range in a blob of `size` bytes, or an error where there is none. */
export function lastByte(range: ByteRange, size: number): number {
  const end = Math.min(range.end ?? size - 1, size - 1);
  if (range.start < 0 || range.start > end) throw new RangeNotSatisfiable(size);
  return end;
}
