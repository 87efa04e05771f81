// What is in an archive, whatever its format. Names are told and never used as paths.

/** Bytes that an archive is read from. */
export interface ArchiveSource {
  readonly size: number;
  /** Bytes from `start` on, up to and without `end`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** A regular file in an archive. It is read before the next is asked for, or not at all. */
export interface ArchiveEntry {
  readonly path: string;
  /** Throws an EntryError where this one can not be read, though others can. */
  open(): AsyncIterable<Uint8Array>;
}

/** The archive as a whole is not what it should be. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

/** One entry is damaged, or packed in a way that is not read. */
export class EntryError extends Error {
  override readonly name = 'EntryError';
}

/**
 * Counts what comes out of an archive. However it was packed, nothing honest grows more than this, so an archive that
 * does is made to fill disks.
 */
export class UnpackBudget {
  #left: number;

  constructor(packedSize: number) {
    this.#left = packedSize * mostGrowth + freeGrowth;
  }

  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ArchiveError('the archive unpacks to far more than it holds');
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.spend(chunk.length);
      yield chunk;
    }
  }
}

const mostGrowth = 100;
const freeGrowth = 256 * 1024 * 1024;

/** Archives with more are refused before they are looked at any closer. */
export const mostEntries = 500_000;

export async function readExactly(
  source: ArchiveSource,
  start: number,
  length: number,
): Promise<Buffer> {
  if (start < 0 || length < 0 || start + length > source.size)
    throw new ArchiveError('the archive is truncated or damaged');
  const chunks: Uint8Array[] = [];
  if (length > 0) for await (const chunk of source.read(start, start + length)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
