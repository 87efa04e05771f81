// Step 3: may the caller do this there. A conjunction: kind of credential, endpoint scope, operation scopes, standing.
import type { AppScope, Caller, UserScope } from '@limpid/domain/access/authority';
import { missingScopes } from '@limpid/domain/access/scopes';
import { beyondPublic } from '@limpid/domain/access/visibility';
import {
  insufficientScopes,
  type Method,
  missingCredentials,
  StatusCode,
  StatusError,
} from '@limpid/wire';
import type { ScopeKind } from '../call.ts';
import type { RpcOptions } from './rpc.ts';

/** Throws unless the credential is of a kind, and holds the scopes, that the method asks for. */
export function authorizeCredential(
  method: Method,
  caller: Caller | undefined,
  { anyScopes = false }: Pick<RpcOptions<ScopeKind>, 'anyScopes'> = {},
): void {
  if (method.auth === 'none') return;
  if (!caller) throw missingCredentials();
  requireKind(method, caller);
  if (anyScopes) return;
  const missing = missingScopes(caller.credential.scopes, {
    endpoint: method.path,
    operations: method.scopes,
  });
  if (missing.length > 0) throw insufficientScopes(missing);
}

/** Throws when the place is somebody else's and the method does more there than the public may. */
export function authorizePlace(
  method: Method,
  options: RpcOptions<ScopeKind>,
  scope: AppScope | UserScope | undefined,
): void {
  if (!scope || options.ownAccess) return;
  const foreign = scope.kind === 'app' ? scope.standing !== 'owner' : !scope.self;
  if (!foreign) return;
  const missing = beyondPublic(method.scopes);
  if (missing.length > 0) throw insufficientScopes(missing);
  // Some writes declare read scopes only, so the kind of the call decides too.
  if (writes(method)) throw insufficientScopes([`${method.path} on a resource of your own`]);
}

// Calls that are POST for the size of their question, not because they change anything.
const ASKS =
  /^Post(ModelOutputs|WorkflowResults|\w*Searches(ByID)?|ModelVersionsTrainingTimeEstimate)$/;

/** True for an RPC that changes what is stored. */
export function writes(method: Method): boolean {
  return /^(Post|Patch|Put|Delete|Cancel)/.test(method.name) && !ASKS.test(method.name);
}

function requireKind(method: Method, caller: Caller): void {
  const { kind } = caller.credential;
  if (method.auth === 'key') return;
  if (kind === 'session') return;
  if (method.auth === 'pat' && (kind === 'pat' || kind === 'runner')) return;
  const wanted = method.auth === 'pat' ? 'a personal access token' : 'a session token';
  throw new StatusError(StatusCode.CONN_INSUFFICIENT_SCOPES, {
    details: `${method.path} needs ${wanted}`,
  });
}
