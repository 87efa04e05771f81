import type { ModelManifest } from '../models/manifest.ts';
import type { ImageTrunk } from './image-trunk.ts';
import type { JointSpace } from './joint-space.ts';
import type { MiniLm } from './minilm.ts';
import { predictEach, refuseKind } from './predict-each.ts';
import type { LoadedModel } from './types.ts';

/** Image or English text → 512 numbers of unit length in one space, so that words find pictures. */
export function createJointEmbedder(
  manifest: ModelManifest,
  space: JointSpace,
  trunk: ImageTrunk,
  network: MiniLm,
): LoadedModel {
  return {
    manifest,
    concepts: [],
    predict: (inputs, signal) =>
      predictEach(inputs, signal, async (input) => {
        switch (input.kind) {
          case 'image':
            return { kind: 'embedding', vector: space.placeImage(await trunk.see(input.bytes)) };
          case 'text':
            return { kind: 'embedding', vector: space.placeText(await network.embed(input.text)) };
          case 'embedding':
            return refuseKind(input, 'images and text');
          default:
            return input satisfies never;
        }
      }),
    [Symbol.asyncDispose]: async () => {},
  };
}
