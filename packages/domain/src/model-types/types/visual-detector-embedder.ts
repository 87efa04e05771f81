import type { ModelTypeManifest } from '../manifest.ts';

export const visualDetectorEmbedder: ModelTypeManifest = {
  id: 'visual-detector-embedder',
  title: 'Visual Detector Embedder',
  description: 'Finds things in an image or video frame and turns each into a vector.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['regions[...].data.embeddings,regions[...].region_info.bounding_box'],
};
