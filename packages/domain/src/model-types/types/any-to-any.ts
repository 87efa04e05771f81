import type { ModelTypeManifest } from '../manifest.ts';

export const anyToAny: ModelTypeManifest = {
  id: 'any-to-any',
  title: 'Any to Any',
  description:
    'A model with methods of its own: what it takes and gives stands in its method signatures.',
  kind: 'model',
  inputs: ['any'],
  outputs: ['any'],
};
