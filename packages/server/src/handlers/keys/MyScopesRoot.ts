import { rpc } from '../../rpc/rpc.ts';
import { scopesOf } from './scopes-of.ts';

export const MyScopesRoot = rpc(
  'MyScopesRoot',
  { scope: 'caller', anyScopes: true },
  async (call) => scopesOf(call.caller),
);
