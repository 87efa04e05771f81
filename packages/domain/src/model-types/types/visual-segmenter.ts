import { maxConcepts, minValuePercent, selectConcepts } from '../fields.ts';
import type { ModelTypeManifest } from '../manifest.ts';

export const visualSegmenter: ModelTypeManifest = {
  id: 'visual-segmenter',
  title: 'Visual Segmenter',
  description: 'Marks the pixels of each thing in an image or video frame and names it.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['regions[...].region_info.mask,regions[...].data.concepts'],
  trainable: true,
  evaluation: 'Segmentation',
  fields: [maxConcepts, selectConcepts, minValuePercent],
};
