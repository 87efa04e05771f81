import { maxConcepts, minValuePercent, selectConcepts } from '../fields.ts';
import type { ModelTypeManifest } from '../manifest.ts';

export const textClassifier: ModelTypeManifest = {
  id: 'text-classifier',
  title: 'Text Classifier',
  description: 'Says which concepts a text is about.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['concepts'],
  trainable: true,
  evaluation: 'Classification',
  fields: [maxConcepts, selectConcepts, minValuePercent],
};
