import { join } from 'node:path';
import { contentKey, type PixelCache } from '../media/pixel-cache.ts';
import { Batcher } from './batcher.ts';
import { floats, imageBatch, Session } from './session.ts';

const SIZE = 224;
const FEATURES = 1280;
const CLASSES = 1000;
const BATCH = 8;
const REMEMBERED = 512;

/** What the network makes of an image: 1,280 non-negative features and 1,000 ImageNet logits. */
export interface Seen {
  readonly features: Float32Array;
  readonly logits: Float32Array;
}

/**
 * EfficientNet-Lite0, run once for each image however many models ask: classifier, embedder,
 * clusterer and joint embedder all read its two outputs.
 */
export class ImageTrunk implements AsyncDisposable {
  readonly #session: Session;
  readonly #pixels: PixelCache;
  readonly #batcher: Batcher<Uint8Array, Seen>;
  readonly #seen = new Map<string, Promise<Seen>>();

  private constructor(session: Session, pixels: PixelCache) {
    this.#session = session;
    this.#pixels = pixels;
    this.#batcher = new Batcher(BATCH, (items) => this.#run(items));
  }

  static async open(dir: string, threads: number, pixels: PixelCache): Promise<ImageTrunk> {
    return new ImageTrunk(await Session.open(join(dir, 'model.onnx'), threads), pixels);
  }

  /** Rejects with `MediaError` when the bytes are not an image. */
  see(bytes: Uint8Array): Promise<Seen> {
    const key = contentKey(bytes);
    const known = this.#seen.get(key);
    if (known) return known;
    const seen = this.#pixels
      .get(key, bytes, { width: SIZE, height: SIZE, fit: 'fill' })
      .then(({ data }) => this.#batcher.submit(data));
    this.#seen.set(key, seen);
    seen.catch(() => this.#seen.delete(key));
    if (this.#seen.size > REMEMBERED) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  async #run(images: readonly Uint8Array[]): Promise<Seen[]> {
    const outputs = await this.#session.run({ pixels: imageBatch(images, SIZE) });
    const features = floats(outputs, 'features');
    const logits = floats(outputs, 'logits');
    return images.map((_, i) => ({
      features: features.slice(i * FEATURES, (i + 1) * FEATURES),
      logits: logits.slice(i * CLASSES, (i + 1) * CLASSES),
    }));
  }
}
