import type { ModelTypeManifest } from '../manifest.ts';

export const inputFilter: ModelTypeManifest = {
  id: 'input-filter',
  title: 'Input Filter',
  description: 'Passes only the inputs that match, and ends the branch for all others.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
};
