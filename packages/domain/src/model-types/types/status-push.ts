import type { ModelTypeManifest } from '../manifest.ts';

export const statusPush: ModelTypeManifest = {
  id: 'status-push',
  title: 'Status Push',
  description: 'Reports how far a batch of inputs is.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
};
