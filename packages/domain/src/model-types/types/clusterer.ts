import type { ModelTypeManifest } from '../manifest.ts';

export const clusterer: ModelTypeManifest = {
  id: 'clusterer',
  title: 'Clusterer',
  description:
    'Groups embeddings that lie near to each other: the ground of search in large collections, no labels needed.',
  kind: 'model',
  inputs: ['embeddings'],
  outputs: ['clusters'],
  trainable: true,
  evaluation: 'Clustering',
  fields: [
    {
      path: 'train_info.params.base_embed_model',
      type: 'WORKFLOW_EMBED_MODELS',
      description: 'Embedding model of the app’s base workflow whose vectors are grouped.',
    },
    {
      path: 'train_info.params.coarse_clusters',
      type: 'NUMBER',
      description: 'Number of coarse clusters.',
      default: 32,
      range: { min: 1 },
    },
    {
      path: 'train_info.params.eval_holdout_fraction',
      type: 'NUMBER',
      description: 'Share of the vectors held back for the evaluation.',
      default: 0.2,
      range: { min: 0, max: 1 },
    },
    {
      path: 'train_info.params.query_holdout_fraction',
      type: 'NUMBER',
      description: 'Share of the vectors that serve as queries of the evaluation.',
      default: 0.1,
      range: { min: 0, max: 1 },
    },
    {
      path: 'train_info.params.to_be_indexed_queries_fraction',
      type: 'NUMBER',
      description: 'Share of the queries that are indexed too.',
      default: 0.25,
      range: { min: 0, max: 1 },
    },
    {
      path: 'train_info.params.max_num_query_embeddings',
      type: 'NUMBER',
      description: 'Most queries of the evaluation.',
      default: 100,
      range: { min: 1 },
    },
    {
      path: 'train_info.params.num_results_per_query',
      type: 'ARRAY_OF_NUMBERS',
      description: 'Ranks at which the evaluation counts.',
      default: [1, 5, 10, 20],
    },
    {
      path: 'train_info.params.max_visited',
      type: 'NUMBER',
      description: 'Most coarse clusters that a query visits.',
      default: 32,
      range: { min: 1 },
    },
    {
      path: 'train_info.params.quota',
      type: 'NUMBER',
      description: 'Most candidates that a query collects.',
      default: 1000,
      range: { min: 1 },
    },
    {
      path: 'train_info.params.beta',
      type: 'NUMBER',
      description: 'Weight of recall against precision.',
      default: 1,
      range: { min: 0 },
    },
  ],
};
