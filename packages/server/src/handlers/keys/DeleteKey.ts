import { deleteCredential } from '@limpid/store/db/credentials';
import { rpc } from '../../rpc/rpc.ts';
import { requireKey } from './key-message.ts';

/** Revokes a key: the next call with it is refused. */
export const DeleteKey = rpc('DeleteKey', { scope: 'user' }, async (call, request) => {
  const row = await requireKey(call.deps, call.caller, request.keyId);
  await deleteCredential(call.deps.db, row.key);
  return {};
});
