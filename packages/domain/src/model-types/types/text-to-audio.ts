import type { ModelTypeManifest } from '../manifest.ts';

export const textToAudio: ModelTypeManifest = {
  id: 'text-to-audio',
  title: 'Text to Audio',
  description: 'Speaks a text.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['audio'],
};
