import type { ModelTypeManifest } from '../manifest.ts';

export const audioToText: ModelTypeManifest = {
  id: 'audio-to-text',
  title: 'Audio to Text',
  description: 'Transcribes speech into text.',
  kind: 'model',
  inputs: ['audio'],
  outputs: ['text'],
};
