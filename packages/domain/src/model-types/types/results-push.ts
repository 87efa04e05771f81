import type { ModelTypeManifest } from '../manifest.ts';

export const resultsPush: ModelTypeManifest = {
  id: 'results-push',
  title: 'Results Push',
  description: 'Sends results on in a foreign format.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
};
