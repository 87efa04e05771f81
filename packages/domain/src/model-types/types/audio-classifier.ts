import { maxConcepts, minValuePercent, selectConcepts } from '../fields.ts';
import type { ModelTypeManifest } from '../manifest.ts';

export const audioClassifier: ModelTypeManifest = {
  id: 'audio-classifier',
  title: 'Audio Classifier',
  description: 'Says which concepts are heard in an audio signal.',
  kind: 'model',
  inputs: ['audio'],
  outputs: ['concepts'],
  evaluation: 'Classification',
  fields: [maxConcepts, selectConcepts, minValuePercent],
};
