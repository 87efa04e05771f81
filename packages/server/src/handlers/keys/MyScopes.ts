import { rpc } from '../../rpc/rpc.ts';
import { scopesOf } from './scopes-of.ts';

/** The scopes of the credential in use and, where it is bound to one or one is named, the app. */
export const MyScopes = rpc('MyScopes', { scope: 'any', anyScopes: true }, async (call) => {
  const app =
    call.scope?.kind === 'app' ? { id: call.scope.appId, userId: call.scope.userId } : undefined;
  return { ...scopesOf(call.caller), ...(app && { app }) };
});
