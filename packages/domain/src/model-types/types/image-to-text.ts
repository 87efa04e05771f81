import type { ModelTypeManifest } from '../manifest.ts';

export const imageToText: ModelTypeManifest = {
  id: 'image-to-text',
  title: 'Image to Text',
  description: 'Writes a text about an image, or reads the text that a cropped region shows.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['text'],
};
