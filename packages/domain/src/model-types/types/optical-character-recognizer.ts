import type { ModelTypeManifest } from '../manifest.ts';

export const opticalCharacterRecognizer: ModelTypeManifest = {
  id: 'optical-character-recognizer',
  title: 'Optical Character Recognizer',
  description: 'Finds the regions of an image that hold text, and reads each.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['regions[...].data.text', 'regions[...].region_info.bounding_box'],
};
