import type { ModelTypeManifest } from '../manifest.ts';

export const email: ModelTypeManifest = {
  id: 'email',
  title: 'Email Alert',
  description: 'Sends an email when data reaches it.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
};
