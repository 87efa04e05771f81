import type { ModelTypeManifest } from '../manifest.ts';

export const textToVideo: ModelTypeManifest = {
  id: 'text-to-video',
  title: 'Text to Video',
  description: 'Makes a video from a prompt.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['video'],
};
