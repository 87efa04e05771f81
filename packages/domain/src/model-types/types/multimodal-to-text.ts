import type { ModelTypeManifest } from '../manifest.ts';

export const multimodalToText: ModelTypeManifest = {
  id: 'multimodal-to-text',
  title: 'Multimodal to Text',
  description: 'Answers in text to text, images or both.',
  kind: 'model',
  inputs: ['any'],
  outputs: ['text'],
};
