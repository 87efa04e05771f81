import type { Caller } from '@limpid/domain/access/authority';
import {
  ALL_SCOPE,
  covers,
  ENDPOINT_PREFIX,
  type ScopeSet,
  scopeSet,
} from '@limpid/domain/access/scopes';
import { invalidRequest, methodByName, methods, StatusCode, StatusError } from '@limpid/wire';

interface Grant {
  readonly scopes: readonly string[];
  readonly endpoints: readonly string[];
}

/** Throws for a scope that does not exist, and for one that the caller's own credential does not hold. */
export function checkGrant(caller: Caller, grant: Grant): void {
  const known = operationScopes();
  const unknown = [...grant.scopes, ...grant.endpoints].filter((scope) => !exists(scope, known));
  if (unknown.length > 0) throw invalidRequest(`Unknown scopes: ${unknown.join(', ')}`);
  const wanted: ScopeSet = scopeSet(grant.scopes, grant.endpoints);
  if (!covers(caller.credential.scopes, wanted)) {
    throw new StatusError(StatusCode.CONN_INSUFFICIENT_SCOPES, {
      details: 'A key can not grant scopes that the credential in use does not hold',
    });
  }
}

/** Every operation scope that some RPC asks for, in alphabetical order. */
export function operationScopes(): Set<string> {
  return new Set(
    methods()
      .flatMap((method) => method.scopes)
      .sort(),
  );
}

function exists(scope: string, known: ReadonlySet<string>): boolean {
  if (scope === ALL_SCOPE || known.has(scope)) return true;
  return (
    scope.startsWith(ENDPOINT_PREFIX) &&
    methodByName(scope.slice(ENDPOINT_PREFIX.length)) !== undefined
  );
}
