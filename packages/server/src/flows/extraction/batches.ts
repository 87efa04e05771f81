// The files of an archive in portions that one call of the ingest flow takes.
import { inputLimits, type MediaKind } from '@limpid/domain/input/media';
import type { Input } from '@limpid/wire';
import type { ArchiveEntry } from '../archive/entry.ts';
import { type ReadFile, readEntry } from './read-entry.ts';

/** The same archive from the same position is always cut in the same way, so that a portion can be done again. */
export interface Batch {
  readonly from: bigint;
  /** Entries that are dealt with once this batch is. */
  readonly to: bigint;
  readonly files: readonly ReadFile[];
  readonly refused: number;
}

const mostFiles = 32;
const mostBytes = 32 * 1024 * 1024;
/** Entries that hold nothing are passed by, but not for ever without a note of it. */
const mostPassed = 1000;

export async function* batches(
  entries: AsyncIterable<ArchiveEntry>,
  position: bigint,
  template: Input,
): AsyncGenerator<Batch> {
  let open = new OpenBatch(position);
  let at = 0n;
  for await (const entry of entries) {
    at += 1n;
    if (at <= position) continue;
    const found = await readEntry(entry, template);
    if (typeof found !== 'string' && !open.hasRoomFor(found)) {
      yield open.close(at - 1n);
      open = new OpenBatch(at - 1n);
    }
    open.add(found);
    if (!open.isFull(at)) continue;
    yield open.close(at);
    open = new OpenBatch(at);
  }
  if (at > open.from) yield open.close(at);
}

class OpenBatch {
  readonly from: bigint;
  readonly #files: ReadFile[] = [];
  #bytes = 0;
  #refused = 0;

  constructor(from: bigint) {
    this.from = from;
  }

  hasRoomFor({ kind, size }: ReadFile): boolean {
    if (this.#files.length === 0) return true;
    const videos = this.#count('video') + (kind === 'video' ? 1 : 0);
    return this.#bytes + size <= mostBytes && videos <= inputLimits.videosPerCall;
  }

  add(found: ReadFile | 'refused' | 'other'): void {
    if (found === 'refused') this.#refused += 1;
    if (typeof found === 'string') return;
    this.#files.push(found);
    this.#bytes += found.size;
  }

  isFull(at: bigint): boolean {
    return this.#files.length >= mostFiles || at - this.from >= mostPassed;
  }

  close(to: bigint): Batch {
    return { from: this.from, to, files: this.#files, refused: this.#refused };
  }

  #count(kind: MediaKind): number {
    return this.#files.filter((file) => file.kind === kind).length;
  }
}
