import type { ModelTypeManifest } from '../manifest.ts';

export const knnConcept: ModelTypeManifest = {
  id: 'knn-concept',
  title: 'KNN Concept Classifier',
  description:
    'Names an embedding by a vote of its nearest labelled neighbours: works from one example a concept.',
  kind: 'model',
  inputs: ['embeddings'],
  outputs: ['concepts'],
  fields: [
    {
      path: 'output_info.data',
      type: 'ARRAY_OF_CONCEPTS',
      description: 'Concepts to choose from.',
    },
  ],
};
