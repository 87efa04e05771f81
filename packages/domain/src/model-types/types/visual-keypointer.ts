import type { ModelTypeManifest } from '../manifest.ts';

export const visualKeypointer: ModelTypeManifest = {
  id: 'visual-keypointer',
  title: 'Visual Keypointer',
  description: 'Finds the key points of things in an image or video frame.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['regions[...].region_info.keypoint_locations'],
};
