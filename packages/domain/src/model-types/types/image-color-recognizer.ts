import type { ModelTypeManifest } from '../manifest.ts';

export const imageColorRecognizer: ModelTypeManifest = {
  id: 'image-color-recognizer',
  title: 'Image Color Recognizer',
  description: 'Finds the colors of an image and the share of each.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['colors'],
};
