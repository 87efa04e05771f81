import type { ModelManifest } from '../models/manifest.ts';
import type { MiniLm } from './minilm.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import type { LoadedModel } from './types.ts';

/** English text → 384 numbers of unit length; the dot product of two is their likeness. */
export function createTextEmbedder(manifest: ModelManifest, network: MiniLm): LoadedModel {
  return {
    manifest,
    concepts: [],
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        if (input.kind !== 'text') return refuseKind(input, 'text');
        return { kind: 'embedding', vector: await network.embed(input.text) };
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}
