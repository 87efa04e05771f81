import type { ModelTypeManifest } from '../manifest.ts';

export const textToText: ModelTypeManifest = {
  id: 'text-to-text',
  title: 'Text Generator',
  description: 'Turns text into text: answers, summaries, translations.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['text'],
  trainable: true,
  evaluation: 'Generation',
};
