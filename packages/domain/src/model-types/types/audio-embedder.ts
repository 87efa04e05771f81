import type { ModelTypeManifest } from '../manifest.ts';

export const audioEmbedder: ModelTypeManifest = {
  id: 'audio-embedder',
  title: 'Audio Embedder',
  description: 'Turns an audio signal into a vector that is near to those of similar sounds.',
  kind: 'model',
  inputs: ['audio'],
  outputs: ['embeddings'],
};
