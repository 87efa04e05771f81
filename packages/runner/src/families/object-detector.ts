import { join } from 'node:path';
import { contentKey, type PixelCache } from '../media/pixel-cache.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { Batcher } from './batcher.ts';
import { cocoNames } from './coco.ts';
import { conceptOf } from './concept-id.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import { floats, imageBatch, Session } from './session.ts';
import { clip, suppress } from './suppress.ts';
import type { Concept, LoadedModel, Region } from './types.ts';
import { vocabularyOf } from './vocabulary.ts';

const SIZE = 300;
const ANCHORS = 1917;
const CATEGORIES = 90;
const BATCH = 4;
/** Below this a region is noise; callers cut higher by `min_value`. */
const MIN_SCORE = 0.05;
const MAX_OVERLAP = 0.6;
const MAX_REGIONS = 100;

/** Image → boxes of the 80 COCO categories, surest first (SSDLite-MobileNetV2). */
export async function openObjectDetector(
  manifest: ModelManifest,
  dir: string,
  threads: number,
  pixels: PixelCache,
): Promise<LoadedModel> {
  const session = await Session.open(join(dir, 'model.onnx'), threads);
  const byColumn = cocoNames.map((name) => (name === undefined ? undefined : conceptOf(name)));
  const batcher = new Batcher<Uint8Array, Region[]>(BATCH, (images) =>
    run(session, images, byColumn),
  );
  return {
    manifest,
    concepts: vocabularyOf('object-detector'),
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        const request = { width: SIZE, height: SIZE, fit: 'fill' } as const;
        const { data } = await pixels.get(contentKey(input.bytes), input.bytes, request);
        return { kind: 'regions', regions: await batcher.submit(data) };
      }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

async function run(
  session: Session,
  images: readonly Uint8Array[],
  concepts: readonly (Concept | undefined)[],
): Promise<Region[][]> {
  const outputs = await session.run({ pixels: imageBatch(images, SIZE) });
  const boxes = floats(outputs, 'boxes');
  const scores = floats(outputs, 'scores');
  return images.map((_, i) =>
    pickRegions(
      boxes.subarray(i * ANCHORS * 4, (i + 1) * ANCHORS * 4),
      scores.subarray(i * ANCHORS * CATEGORIES, (i + 1) * ANCHORS * CATEGORIES),
      concepts,
    ),
  );
}

/** Suppresses overlaps within each category, then keeps the surest of all. */
function pickRegions(
  boxes: Float32Array,
  scores: Float32Array,
  concepts: readonly (Concept | undefined)[],
): Region[] {
  const byCategory = new Map<Concept, Region[]>();
  for (let at = 0; at < scores.length; at++) {
    const value = scores[at] ?? 0;
    if (value < MIN_SCORE) continue;
    const concept = concepts[at % CATEGORIES];
    if (!concept) continue;
    const start = Math.floor(at / CATEGORIES) * 4;
    const [top = 0, left = 0, bottom = 0, right = 0] = boxes.subarray(start, start + 4);
    const region = { box: clip({ top, left, bottom, right }), concept, value };
    const held = byCategory.get(concept);
    if (held) held.push(region);
    else byCategory.set(concept, [region]);
  }
  const bySureness = (a: Region, b: Region): number => b.value - a.value;
  return [...byCategory.values()]
    .flatMap((regions) => suppress(regions.sort(bySureness), MAX_OVERLAP, MAX_REGIONS))
    .sort(bySureness)
    .slice(0, MAX_REGIONS);
}
