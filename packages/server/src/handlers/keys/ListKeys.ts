import { pageOf } from '@limpid/domain/page';
import { listKeys } from '@limpid/store/db/credentials';
import { invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { keyMessages, TYPES } from './key-message.ts';

/** The caller's PATs and app keys, oldest first. */
export const ListKeys = rpc('ListKeys', { scope: 'user' }, async (call, request) => {
  const { deps, caller } = call;
  const rows = await listKeys(
    deps.db,
    caller.userKey,
    {
      ...kindFilter(request.type),
      scopes: request.scopes,
      endpoints: request.endpoints,
      ...(request.notExpired && { notExpiredAt: deps.clock() }),
    },
    pageOf(request),
  );
  return { keys: await keyMessages(deps.db, caller.userId, rows) };
});

function kindFilter(type: string): { kind?: 'pat' | 'app_key' } {
  if (!type) return {};
  if (type === TYPES.pat) return { kind: 'pat' };
  if (type === TYPES.app_key) return { kind: 'app_key' };
  throw invalidRequest(`Unknown key type '${type}'`);
}
