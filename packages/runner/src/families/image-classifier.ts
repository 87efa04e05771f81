import type { ModelManifest } from '../models/manifest.ts';
import { GeneralConcepts } from './general-concepts.ts';
import type { ImageTrunk } from './image-trunk.ts';
import type { ObjectNetwork } from './object-network.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import type { LoadedModel } from './types.ts';
import { softmax } from './vectors.ts';

/** Training smoothed the labels; this undoes it. Least log-loss on labelled photos is at 1.25. */
const SHARPNESS = 1.25;

/** Image → one value for each everyday word, ImageNet class and COCO category. */
export function createImageClassifier(
  manifest: ModelManifest,
  trunk: ImageTrunk,
  objects: ObjectNetwork,
): LoadedModel {
  const general = new GeneralConcepts();
  return {
    manifest,
    concepts: general.concepts,
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        const [seen, found] = await Promise.all([
          trunk.see(input.bytes),
          objects.find(input.bytes),
        ]);
        return { kind: 'concepts', values: general.value(softmax(seen.logits, SHARPNESS), found) };
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}
