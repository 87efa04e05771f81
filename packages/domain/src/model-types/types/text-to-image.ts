import type { ModelTypeManifest } from '../manifest.ts';

export const textToImage: ModelTypeManifest = {
  id: 'text-to-image',
  title: 'Text to Image',
  description: 'Makes an image from a prompt.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['image'],
};
