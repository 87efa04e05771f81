import type { ModelTypeManifest } from '../manifest.ts';

export const textTokenClassifier: ModelTypeManifest = {
  id: 'text-token-classifier',
  title: 'Text Token Classifier',
  description: 'Names the entities that the words of a text belong to.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['text', 'concepts'],
  evaluation: 'Classification',
};
