import type { ModelTypeManifest } from '../manifest.ts';

export const imageToImage: ModelTypeManifest = {
  id: 'image-to-image',
  title: 'Image to Image',
  description: 'Transforms an image into another one.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['image'],
};
