import { maxConcepts, minValue, selectConcepts } from '../fields.ts';
import type { ModelTypeManifest } from '../manifest.ts';

export const embeddingClassifier: ModelTypeManifest = {
  id: 'embedding-classifier',
  title: 'Transfer Learn',
  description:
    'Learns concepts of your own on top of the embeddings that the app has indexed, in seconds and from few examples.',
  kind: 'model',
  inputs: ['embeddings'],
  outputs: ['concepts'],
  trainable: true,
  evaluation: 'Classification',
  fields: [
    {
      path: 'train_info.params.dataset_id',
      type: 'DATASET_ID',
      description:
        'Dataset to learn from; without one, all inputs of the app that carry the concepts.',
    },
    {
      path: 'train_info.params.dataset_version_id',
      type: 'DATASET_VERSION_ID',
      description: 'Version of the dataset.',
    },
    { path: 'output_info.data', type: 'ARRAY_OF_CONCEPTS', description: 'Concepts to learn.' },
    {
      path: 'train_info.params.base_embed_model',
      type: 'WORKFLOW_EMBED_MODELS',
      description: 'Embedding model of the app’s base workflow to build on.',
    },
    {
      path: 'train_info.params.enrich_dataset',
      type: 'ENUM',
      description:
        'Whether ready-made negative examples of the base model are added where it has them.',
      default: 'Automatic',
      options: [
        { id: 'Automatic', description: 'Add them where the base model has some.' },
        { id: 'Disabled', description: 'Never add any.' },
      ],
    },
    {
      path: 'output_info.output_config.concepts_mutually_exclusive',
      type: 'BOOLEAN',
      description: 'The concepts exclude each other, so their values sum to 1.',
      default: false,
    },
    maxConcepts,
    selectConcepts,
    minValue,
  ],
};
