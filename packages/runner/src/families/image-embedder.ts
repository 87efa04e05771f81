import type { ModelManifest } from '../models/manifest.ts';
import type { ImageTrunk } from './image-trunk.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import type { LoadedModel } from './types.ts';
import { normalize } from './vectors.ts';

/**
 * Features to embedding: square root (it evens out channels that fire rarely but strongly), minus
 * the mean of a reference collection, unit length. Each step raised retrieval precision.
 */
export function embedFeatures(features: Float32Array, mean: Float32Array): Float32Array {
  const vector = new Float32Array(features.length);
  for (let i = 0; i < vector.length; i++) {
    vector[i] = Math.sqrt(Math.max(0, features[i] ?? 0)) - (mean[i] ?? 0);
  }
  return normalize(vector);
}

/** Image → 1,280 numbers of unit length; the dot product of two is their likeness. */
export function createImageEmbedder(
  manifest: ModelManifest,
  trunk: ImageTrunk,
  mean: Float32Array,
): LoadedModel {
  return {
    manifest,
    concepts: [],
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'image') return refuseKind(input, 'images');
        const { features } = await trunk.see(input.bytes);
        return { kind: 'embedding', vector: embedFeatures(features, mean) };
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}
