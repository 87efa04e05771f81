import { createHash } from 'node:crypto';
import { decodePixels, type PixelRequest, type Pixels } from './decode.ts';

/**
 * Decoded pixels shared by the models of one process, keyed by the image's content. Callers that ask
 * for the same image at the same size at once share one decode.
 */
export class PixelCache {
  readonly #limit: number;
  readonly #held = new Map<string, { pixels: Promise<Pixels>; bytes: number }>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get(key: string, bytes: Uint8Array, request: PixelRequest): Promise<Pixels> {
    const slot = `${key}:${request.width}x${request.height}${request.fit}`;
    const known = this.#held.get(slot);
    if (known) {
      // Re-inserting moves it to the young end.
      this.#held.delete(slot);
      this.#held.set(slot, known);
      return known.pixels;
    }
    const pixels = decodePixels(bytes, request);
    const size = request.width * request.height * 3;
    this.#held.set(slot, { pixels, bytes: size });
    this.#bytes += size;
    pixels.catch(() => this.#drop(slot));
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#limit || oldest === slot) break;
      this.#drop(oldest);
    }
    return pixels;
  }

  #drop(slot: string): void {
    const entry = this.#held.get(slot);
    if (entry && this.#held.delete(slot)) this.#bytes -= entry.bytes;
  }
}

/** A key for an image's content. */
export function contentKey(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
