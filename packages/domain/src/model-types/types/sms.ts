import type { ModelTypeManifest } from '../manifest.ts';

export const sms: ModelTypeManifest = {
  id: 'sms',
  title: 'SMS Alert',
  description: 'Sends a short message when data reaches it.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
};
