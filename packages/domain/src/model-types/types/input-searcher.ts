import type { ModelTypeManifest } from '../manifest.ts';

export const inputSearcher: ModelTypeManifest = {
  id: 'input-searcher',
  title: 'Input Searcher',
  description:
    'Searches another app when it sees one of its concepts, and gives the hits as regions.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['hits', 'regions[...].data.concepts'],
};
