import { join } from 'node:path';
import { contentKey, type PixelCache } from '../media/pixel-cache.ts';
import { Batcher } from './batcher.ts';
import { cocoNames } from './coco.ts';
import { conceptOf } from './concept-id.ts';
import { floats, imageBatch, Session } from './session.ts';
import { clip, suppress } from './suppress.ts';
import type { Concept, Region } from './types.ts';

const SIZE = 300;
const ANCHORS = 1917;
const CATEGORIES = 90;
const BATCH = 4;
/** Below this a region is noise; callers cut higher by `min_value`. */
const MIN_SCORE = 0.05;
const MAX_OVERLAP = 0.6;
const MAX_REGIONS = 100;
const REMEMBERED = 512;

/** A box of a COCO category. */
export type FoundObject = Region & { readonly concept: Concept };

/** SSDLite-MobileNetV2, run once for each image however many models ask. */
export class ObjectNetwork implements AsyncDisposable {
  readonly #session: Session;
  readonly #pixels: PixelCache;
  readonly #batcher: Batcher<Uint8Array, readonly FoundObject[]>;
  readonly #concepts = cocoNames.map((name) => name && conceptOf(name));
  readonly #found = new Map<string, Promise<readonly FoundObject[]>>();

  private constructor(session: Session, pixels: PixelCache) {
    this.#session = session;
    this.#pixels = pixels;
    this.#batcher = new Batcher<Uint8Array, readonly FoundObject[]>(BATCH, (items) =>
      this.#run(items),
    );
  }

  static async open(dir: string, threads: number, pixels: PixelCache): Promise<ObjectNetwork> {
    return new ObjectNetwork(await Session.open(join(dir, 'model.onnx'), threads), pixels);
  }

  /** At most 100 boxes, surest first. Rejects with `MediaError` when the bytes are not an image. */
  find(bytes: Uint8Array): Promise<readonly FoundObject[]> {
    const key = contentKey(bytes);
    const known = this.#found.get(key);
    if (known) return known;
    const found = this.#pixels
      .get(key, bytes, { width: SIZE, height: SIZE, fit: 'fill' })
      .then(({ data }) => this.#batcher.submit(data));
    this.#found.set(key, found);
    found.catch(() => this.#found.delete(key));
    if (this.#found.size > REMEMBERED) {
      for (const oldest of this.#found.keys()) {
        this.#found.delete(oldest);
        break;
      }
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  async #run(images: readonly Uint8Array[]): Promise<FoundObject[][]> {
    const outputs = await this.#session.run({ pixels: imageBatch(images, SIZE) });
    const boxes = floats(outputs, 'boxes');
    const scores = floats(outputs, 'scores');
    return images.map((_, i) =>
      pickObjects(
        boxes.subarray(i * ANCHORS * 4, (i + 1) * ANCHORS * 4),
        scores.subarray(i * ANCHORS * CATEGORIES, (i + 1) * ANCHORS * CATEGORIES),
        this.#concepts,
      ),
    );
  }
}

/** Suppresses overlaps within each category, then keeps the surest of all. */
function pickObjects(
  boxes: Float32Array,
  scores: Float32Array,
  concepts: readonly (Concept | undefined | '')[],
): FoundObject[] {
  const byCategory = new Map<Concept, FoundObject[]>();
  for (let at = 0; at < scores.length; at++) {
    const value = scores[at] ?? 0;
    if (value < MIN_SCORE) continue;
    const concept = concepts[at % CATEGORIES];
    if (!concept) continue;
    const start = Math.floor(at / CATEGORIES) * 4;
    const [top = 0, left = 0, bottom = 0, right = 0] = boxes.subarray(start, start + 4);
    const found = { box: clip({ top, left, bottom, right }), concept, value };
    const held = byCategory.get(concept);
    if (held) held.push(found);
    else byCategory.set(concept, [found]);
  }
  const bySureness = (a: FoundObject, b: FoundObject): number => b.value - a.value;
  return [...byCategory.values()]
    .flatMap((found) => suppress(found.sort(bySureness), MAX_OVERLAP, MAX_REGIONS))
    .sort(bySureness)
    .slice(0, MAX_REGIONS);
}
