import { impliedReads } from '@limpid/domain/access/scopes';
import { invalidRequest, type Method, methods } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { operationScopes } from './check-grant.ts';
import { TYPES } from './key-message.ts';

/** Every scope a key of the asked type can hold, with what each needs beside it. */
export const ListScopes = rpc('ListScopes', { scope: 'user' }, async (_call, request) => {
  const type = request.keyType || TYPES.app_key;
  if (type !== TYPES.app_key && type !== TYPES.pat)
    throw invalidRequest(`Unknown key type '${type}'`);
  const open = methods().filter((method) => opensTo(method, type));
  const usable = new Set(open.flatMap((method) => method.scopes));
  return {
    scopeDeps: [...operationScopes()]
      .filter((scope) => usable.has(scope))
      .map((scope) => ({ scope, dependingScopes: [...impliedReads(scope)] })),
    endpointDeps: open.map((method) => ({
      endpoint: method.path,
      dependingScopes: [...method.scopes],
    })),
  };
});

function opensTo(method: Method, type: string): boolean {
  return method.auth === 'key' || (type === TYPES.pat && method.auth === 'pat');
}
