import { pageOf } from '@limpid/domain/page';
import { listKeys } from '@limpid/store/db/credentials';
import { rpc } from '../../rpc/rpc.ts';
import { keyMessages } from './key-message.ts';

/** The keys that open one app, oldest first. */
export const ListAppKeys = rpc('ListAppKeys', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const rows = await listKeys(deps.db, scope.userKey, { appKey: scope.appKey }, pageOf(request));
  return { keys: await keyMessages(deps.db, scope.userId, rows) };
});
