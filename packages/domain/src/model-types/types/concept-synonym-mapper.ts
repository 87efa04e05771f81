import type { ModelTypeManifest } from '../manifest.ts';

export const conceptSynonymMapper: ModelTypeManifest = {
  id: 'concept-synonym-mapper',
  title: 'Concept Synonym Mapper',
  description:
    'Replaces concepts by those that the synonym relations of the app’s knowledge graph lead to.',
  kind: 'operator',
  inputs: ['concepts'],
  outputs: ['concepts'],
  fields: [
    {
      path: 'output_info.params.knowledge_graph_id',
      type: 'STRING',
      description: 'Follow only relations of this knowledge graph; empty follows all of the app.',
      default: '',
    },
  ],
};
