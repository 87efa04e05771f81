import type { ModelTypeManifest } from '../manifest.ts';

export const textEmbedder: ModelTypeManifest = {
  id: 'text-embedder',
  title: 'Text Embedder',
  description: 'Turns a text into a vector that is near to those of similar meaning.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['embeddings'],
};
