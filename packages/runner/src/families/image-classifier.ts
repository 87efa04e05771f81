import type { ModelManifest } from '../models/manifest.ts';
import type { ImageTrunk } from './image-trunk.ts';
import { fold, foldedConcepts } from './imagenet-words.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import type { LoadedModel } from './types.ts';
import { softmax } from './vectors.ts';

/** Training smoothed the labels; this undoes it. Least log-loss on labelled photos is at 1.25. */
const SHARPNESS = 1.25;

/** Image → one value for each everyday word and ImageNet class. */
export function createImageClassifier(manifest: ModelManifest, trunk: ImageTrunk): LoadedModel {
  const folded = foldedConcepts();
  return {
    manifest,
    concepts: folded.map(({ concept }) => concept),
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        const { logits } = await trunk.see(input.bytes);
        return { kind: 'concepts', values: fold(softmax(logits, SHARPNESS), folded) };
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}
