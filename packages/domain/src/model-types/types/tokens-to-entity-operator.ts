import type { ModelTypeManifest } from '../manifest.ts';

export const tokensToEntityOperator: ModelTypeManifest = {
  id: 'tokens-to-entity-operator',
  title: 'Tokens to Entity',
  description: 'Joins the tokens of one entity.',
  kind: 'operator',
  inputs: ['text,concepts'],
  outputs: ['text,concepts'],
};
