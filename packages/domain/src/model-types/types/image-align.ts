import type { ModelTypeManifest } from '../manifest.ts';

export const imageAlign: ModelTypeManifest = {
  id: 'image-align',
  title: 'Image Align',
  description: 'Turns and scales what an image shows upright by its key points.',
  kind: 'operator',
  inputs: ['image,regions[...].region_info.keypoint_locations'],
  outputs: ['regions[...].data.image'],
};
