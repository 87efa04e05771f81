import type { ModelTypeManifest } from '../manifest.ts';

export const openai: ModelTypeManifest = {
  id: 'openai',
  title: 'OpenAI-compatible Server',
  description: 'A model served through an interface that is compatible with that of OpenAI.',
  kind: 'model',
  inputs: ['text'],
  outputs: ['text'],
};
