import type { ModelTypeManifest } from '../manifest.ts';

export const audioToAudio: ModelTypeManifest = {
  id: 'audio-to-audio',
  title: 'Audio to Audio',
  description: 'Transforms an audio signal into another one.',
  kind: 'model',
  inputs: ['audio'],
  outputs: ['audio'],
};
