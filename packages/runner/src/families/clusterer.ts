import { MediaError } from '../media/media-error.ts';
import type { ModelManifest } from '../models/manifest.ts';
import type { ClusterSpace } from './cluster-space.ts';
import { predictEach } from './predict-each.ts';
import type { LoadedModel, ModelInput } from './types.ts';

/** Image, text or an embedding already made → the nearest fixed cluster and a place on the map. */
export function createClusterer(
  manifest: ModelManifest,
  space: ClusterSpace,
  embed: (input: ModelInput) => Promise<Float32Array>,
): LoadedModel {
  return {
    manifest,
    concepts: [],
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        const vector = input.kind === 'embedding' ? input.vector : await embed(input);
        if (vector.length !== space.dimensions) {
          const text = `the embedding has ${vector.length} numbers, not ${space.dimensions}`;
          throw new MediaError('unsupported-format', text);
        }
        return { kind: 'cluster', ...space.place(vector) };
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}
