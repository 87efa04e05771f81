import { actionOf } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { type CredentialRow, type KeyChange, updateKey } from '@limpid/store/db/credentials';
import { invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { checkGrant } from './check-grant.ts';
import { keyMessages, requireKey } from './key-message.ts';

/** Replaces description and scopes, all keys or none. What a key opens never changes. */
export const PatchKeys = rpc('PatchKeys', { scope: 'user' }, async (call, request) => {
  const { deps, caller } = call;
  actionOf(request.action, ['overwrite']);
  if (request.keys.length === 0) throw invalidRequest('keys is empty');
  const rows: { key: bigint; change: KeyChange }[] = [];
  for (const patch of request.keys) {
    const row = await requireKey(deps, caller, patch.id);
    const scopes = patch.scopes.length > 0 ? patch.scopes : row.scopes;
    const endpoints = patch.endpoints.length > 0 ? patch.endpoints : row.endpoints;
    checkGrant(caller, { scopes, endpoints });
    rows.push({
      key: row.key,
      change: { description: patch.description || row.description, scopes, endpoints },
    });
  }
  const changed = await transaction(deps.db, async (tx) => {
    const done: CredentialRow[] = [];
    for (const { key, change } of rows) done.push(await updateKey(tx, key, change));
    return done;
  });
  return { keys: await keyMessages(deps.db, caller.userId, changed) };
});
