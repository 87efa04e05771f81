import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { contentKey, type PixelCache } from '../media/pixel-cache.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { Batcher } from './batcher.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import { floats, Session } from './session.ts';
import type { LoadedModel } from './types.ts';
import { vocabularyOf } from './vocabulary.ts';

const VIEW = 256;
const SIZE = 224;
const BATCH = 4;
/** Mean blue, green and red of the network's training pictures. */
const means = [104, 117, 123];

/** Image → `explicit` and `safe`, which add up to 1 (Yahoo open_nsfw). */
export async function openImageModerator(
  manifest: ModelManifest,
  dir: string,
  threads: number,
  pixels: PixelCache,
): Promise<LoadedModel> {
  const session = await Session.open(join(dir, 'model.onnx'), threads);
  const batcher = new Batcher<Float32Array, Float32Array>(BATCH, (images) => run(session, images));
  return {
    manifest,
    concepts: vocabularyOf('image-moderator'),
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        const request = { width: VIEW, height: VIEW, fit: 'fill' } as const;
        const { data } = await pixels.get(contentKey(input.bytes), input.bytes, request);
        return { kind: 'concepts', values: await batcher.submit(cropMiddle(data)) };
      }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** The middle 224 pixels as blue, green, red minus their means. */
function cropMiddle(data: Uint8Array): Float32Array {
  const out = new Float32Array(SIZE * SIZE * 3);
  const edge = (VIEW - SIZE) / 2;
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const from = ((y + edge) * VIEW + x + edge) * 3;
      const to = (y * SIZE + x) * 3;
      for (let c = 0; c < 3; c++) out[to + c] = (data[from + 2 - c] ?? 0) - (means[c] ?? 0);
    }
  }
  return out;
}

async function run(session: Session, images: readonly Float32Array[]): Promise<Float32Array[]> {
  const input = new Float32Array(images.length * SIZE * SIZE * 3);
  for (const [i, image] of images.entries()) input.set(image, i * image.length);
  const name = session.inputNames[0] ?? 'input';
  const dims = [images.length, SIZE, SIZE, 3];
  const outputs = await session.run({ [name]: new Tensor('float32', input, dims) });
  const scores = floats(outputs, 'outputs');
  // The network gives [safe, unsafe].
  return images.map((_, i) => Float32Array.of(scores[2 * i + 1] ?? 0, scores[2 * i] ?? 0));
}
