import { maxConcepts, minValuePercent, selectConcepts } from '../fields.ts';
import type { ModelTypeManifest } from '../manifest.ts';

export const visualClassifier: ModelTypeManifest = {
  id: 'visual-classifier',
  title: 'Visual Classifier',
  description: 'Says which concepts an image or video frame shows.',
  kind: 'model',
  inputs: ['image'],
  outputs: ['concepts'],
  trainable: true,
  evaluation: 'Classification',
  fields: [maxConcepts, selectConcepts, minValuePercent],
};
