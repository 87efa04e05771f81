import { createHash } from 'node:crypto';
import { invalidArgument } from '@limpid/wire/status';
import type { BlobSource, Stored } from './blobs.ts';

/** Counts and hashes what passes through. */
export class Digest {
  readonly #hash = createHash('sha256');
  #size = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.byteLength;
  }

  /** To be called once. */
  finish(expectedSha256: string | undefined): Stored {
    const sha256 = this.#hash.digest('hex');
    if (expectedSha256 !== undefined && expectedSha256.toLowerCase() !== sha256) {
      throw invalidArgument(`the content has the SHA-256 ${sha256}, not ${expectedSha256}`);
    }
    return { size: this.#size, sha256 };
  }
}

export async function* chunksOf(source: BlobSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else yield* source;
}
