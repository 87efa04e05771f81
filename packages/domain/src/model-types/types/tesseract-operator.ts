import type { ModelTypeManifest } from '../manifest.ts';

export const tesseractOperator: ModelTypeManifest = {
  id: 'tesseract-operator',
  title: 'Tesseract OCR',
  description: 'Reads the text of an image with the Tesseract engine.',
  kind: 'operator',
  inputs: ['image'],
  outputs: ['text'],
};
