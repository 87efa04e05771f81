import { maxConcepts, minValuePercent, selectConcepts } from '../fields.ts';
import type { ModelTypeManifest } from '../manifest.ts';

export const visualDetector: ModelTypeManifest = {
  id: 'visual-detector',
  title: 'Visual Detector',
  description: 'Finds things in an image or video frame: a box and concepts for each.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['regions[...].data.concepts,regions[...].region_info.bounding_box'],
  trainable: true,
  evaluation: 'Detection',
  fields: [maxConcepts, selectConcepts, minValuePercent],
};
