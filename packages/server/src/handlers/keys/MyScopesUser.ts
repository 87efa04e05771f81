import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { scopesOf } from './scopes-of.ts';

export const MyScopesUser = rpc(
  'MyScopesUser',
  { scope: 'user', anyScopes: true },
  async (call) => {
    if (!call.scope.self) throw notFound();
    return scopesOf(call.caller);
  },
);
