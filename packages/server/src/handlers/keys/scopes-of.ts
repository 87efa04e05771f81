import type { Caller } from '@limpid/domain/access/authority';
import { ENDPOINT_PREFIX } from '@limpid/domain/access/scopes';

/** What the caller's credential was given, operations and endpoints apart. */
export function scopesOf(caller: Caller): { scopes: string[]; endpoints: string[] } {
  const { grantedScopes, grantedEndpoints } = caller.credential;
  const isEndpoint = (scope: string): boolean => scope.startsWith(ENDPOINT_PREFIX);
  return {
    scopes: grantedScopes.filter((scope) => !isEndpoint(scope)),
    endpoints: [...grantedScopes.filter(isEndpoint), ...grantedEndpoints],
  };
}
