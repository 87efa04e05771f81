import { transaction } from '@limpid/store';
import { deleteApp } from '@limpid/store/db/apps';
import { rpc } from '../../rpc/rpc.ts';

/** The app is gone at once, with its keys; what it held is purged in the background. */
export const DeleteApp = rpc('DeleteApp', { scope: 'app' }, async (call) => {
  await transaction(call.deps.db, (tx) => deleteApp(tx, call.scope));
  return {};
});
