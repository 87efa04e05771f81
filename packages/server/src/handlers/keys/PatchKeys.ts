import type { Caller } from '@limpid/domain/access/authority';
import { actionOf } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import {
  type CredentialRow,
  type KeyChange,
  lockKeys,
  updateKey,
} from '@limpid/store/db/credentials';
import { invalidRequest, type Key } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { checkGrant } from './check-grant.ts';
import { keyMessages, namedKey, requireKey } from './key-message.ts';

/** Replaces description and scopes, all keys or none. What a key opens never changes. */
export const PatchKeys = rpc('PatchKeys', { scope: 'user' }, async (call, request) => {
  const { deps, caller } = call;
  actionOf(request.action, ['overwrite']);
  if (request.keys.length === 0) throw invalidRequest('keys is empty');
  const named = request.keys.map(({ id }) => namedKey(deps, id));
  const changed = await transaction(deps.db, async (tx) => {
    await lockKeys(tx, caller.userKey, named);
    const done: CredentialRow[] = [];
    for (const patch of request.keys) {
      const row = await requireKey({ db: tx, secrets: deps.secrets }, caller, patch.id);
      done.push(await updateKey(tx, row.key, changeOf(caller, row, patch)));
    }
    return done;
  });
  return { keys: await keyMessages(deps.db, caller.userId, changed) };
});

function changeOf(caller: Caller, row: CredentialRow, patch: Key): KeyChange {
  const scopes = patch.scopes.length > 0 ? patch.scopes : row.scopes;
  const endpoints = patch.endpoints.length > 0 ? patch.endpoints : row.endpoints;
  checkGrant(caller, { scopes, endpoints });
  return { description: patch.description || row.description, scopes, endpoints };
}
