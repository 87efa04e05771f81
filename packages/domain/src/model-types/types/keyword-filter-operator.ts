import type { ModelTypeManifest } from '../manifest.ts';

export const keywordFilterOperator: ModelTypeManifest = {
  id: 'keyword-filter-operator',
  title: 'Keyword Filter',
  description: 'Says which of a set of words a text holds.',
  kind: 'operator',
  inputs: ['text'],
  outputs: ['concepts'],
};
