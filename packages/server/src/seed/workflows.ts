import type { SeedWorkflow } from './types.ts';

/** Workflows of the instance, each seeded where it has all of its models. */
export const seedWorkflows: readonly SeedWorkflow[] = [
  {
    id: 'Empty',
    description:
      'Runs nothing. Inputs of an app that is based on it are stored and ready at once, without embeddings.',
    nodes: [],
  },
  {
    id: 'Universal',
    description:
      'Embeds pictures, and embeds pictures and English text in one space, so that both find pictures.',
    nodes: [
      { id: 'universal-image-embed', model: 'general-image-embedding' },
      { id: 'universal-joint-embed', model: 'multimodal-clip-embed' },
      {
        id: 'universal-cluster',
        model: 'general-clusterering',
        inputs: ['universal-image-embed'],
      },
    ],
  },
  {
    id: 'General',
    description: 'Names what a picture shows, embeds it and assigns it to a cluster.',
    nodes: [
      {
        id: 'general-v1.5-concept',
        model: 'general-image-recognition',
        version: 'aa7f35c01e0642fda5cf400f543e7c40',
      },
      {
        id: 'general-v1.5-embed',
        model: 'general-image-embedding',
        version: 'bb186755eda04f9cbb6fe32e816be104',
      },
      {
        id: 'general-v1.5-cluster',
        model: 'general-clusterering',
        version: 'cc2074cff6dc4c02b6f4e1b8606dcb54',
        inputs: ['general-v1.5-embed'],
      },
    ],
  },
  {
    id: 'Text',
    description: 'Embeds English text for search by meaning and assigns it to a cluster.',
    nodes: [
      { id: 'text-embed', model: 'english-text-embedding' },
      { id: 'text-cluster', model: 'english-text-clustering', inputs: ['text-embed'] },
    ],
  },
  {
    id: 'Language-Understanding',
    description: 'The embedding and the cluster of an English text.',
    nodes: [
      { id: 'language-embed', model: 'english-text-embedding' },
      { id: 'language-cluster', model: 'english-text-clustering', inputs: ['language-embed'] },
    ],
  },
  {
    id: 'General-Detection',
    description: 'Finds and boxes everyday things, and embeds the whole picture for search.',
    nodes: [
      { id: 'detector', model: 'general-image-detection' },
      { id: 'embed', model: 'general-image-embedding' },
    ],
  },
  {
    id: 'Face',
    description:
      'Finds faces, so that each is a region to annotate. It does not tell who somebody is.',
    nodes: [{ id: 'face-detect', model: 'face-detection' }],
  },
];
