import type { ModelTypeManifest } from '../manifest.ts';

export const imageToVideo: ModelTypeManifest = {
  id: 'image-to-video',
  title: 'Image to Video',
  description: 'Makes a video from an image.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['video'],
};
