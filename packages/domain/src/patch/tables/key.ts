import { KeySchema } from '@limpid/wire';
import { definePatch, every, kept, readOnly } from '../spec.ts';

// What a key opens and how long it lives are settled when it is made; another app needs another key.
export const keyPatch = definePatch(KeySchema, ['overwrite'], {
  ...every(readOnly, 'id', 'type', 'createdAt', 'expiresAt', 'apps', 'organizationId'),
  ...every(kept, 'description', 'scopes', 'endpoints', 'authorizedIdpIds'),
});
