import type { ModelManifest } from '../models/manifest.ts';
import type { ObjectNetwork } from './object-network.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import type { LoadedModel } from './types.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Image → boxes of the 80 COCO categories, surest first. */
export function createObjectDetector(manifest: ModelManifest, network: ObjectNetwork): LoadedModel {
  return {
    manifest,
    concepts: vocabularyOf('object-detector'),
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        return { kind: 'regions', regions: await network.find(input.bytes) };
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}
