import type { ModelTypeManifest } from '../manifest.ts';

export const videoToText: ModelTypeManifest = {
  id: 'video-to-text',
  title: 'Video to Text',
  description: 'Writes a text about a video.',
  kind: 'model',
  inputs: ['video'],
  outputs: ['text'],
};
