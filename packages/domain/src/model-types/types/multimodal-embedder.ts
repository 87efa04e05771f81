import type { ModelTypeManifest } from '../manifest.ts';

export const multimodalEmbedder: ModelTypeManifest = {
  id: 'multimodal-embedder',
  title: 'Multimodal Embedder',
  description: 'Turns text and images into vectors of one space, so that each finds the other.',
  kind: 'model',
  inputs: ['any'],
  outputs: ['embeddings'],
};
