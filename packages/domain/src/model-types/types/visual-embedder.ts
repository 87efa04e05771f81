import type { ModelTypeManifest } from '../manifest.ts';

export const visualEmbedder: ModelTypeManifest = {
  id: 'visual-embedder',
  title: 'Visual Embedder',
  description:
    'Turns an image or video frame into a vector that is near to those of similar images.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['embeddings'],
  trainable: true,
};
