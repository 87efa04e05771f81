import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Caller } from '@limpid/domain/access/authority';
import { transaction } from '@limpid/store';
import { type CredentialRow, insertCredential } from '@limpid/store/db/credentials';
import { findAppForScope } from '@limpid/store/db/scopes';
import { invalidRequest, type Key, newHexId, notFound } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { rpc } from '../../rpc/rpc.ts';
import { checkGrant } from './check-grant.ts';
import { keyMessage, TYPES } from './key-message.ts';

const MAX_DESCRIPTION = 1000;

interface Planned {
  readonly key: Key;
  readonly app: { readonly key: bigint; readonly id: string } | undefined;
}

/** Makes keys, all or none. The answer is the only place where a key's secret ever appears: it is `keys[].id`. */
export const PostKeys = rpc('PostKeys', { scope: 'user' }, async (call, request) => {
  const { deps, caller } = call;
  if (request.keys.length === 0) throw invalidRequest('keys is empty');
  const planned: Planned[] = [];
  for (const key of request.keys) planned.push(await plan(deps, caller, key));
  const made = await transaction(deps.db, async (tx) => {
    const rows: { row: CredentialRow; secret: string; appId: string | undefined }[] = [];
    for (const { key, app } of planned) {
      const secret = newHexId(deps.random);
      const row = await insertCredential(tx, {
        userKey: caller.userKey,
        ...(app && { appKey: app.key }),
        kind: app ? 'app_key' : 'pat',
        publicId: newHexId(deps.random),
        secretHash: deps.secrets.hashCredential(secret),
        description: key.description,
        scopes: key.scopes,
        endpoints: key.endpoints,
        ...(key.expiresAt && { expiresAt: timestampDate(key.expiresAt) }),
      });
      rows.push({ row, secret, appId: app?.id });
    }
    return rows;
  });
  return {
    keys: made.map(({ row, secret, appId }) => ({
      ...keyMessage(row, caller.userId, appId),
      id: secret,
    })),
  };
});

async function plan(deps: Deps, caller: Caller, key: Key): Promise<Planned> {
  const type = key.type || (key.apps.length > 0 ? TYPES.app_key : TYPES.pat);
  if (type !== TYPES.app_key && type !== TYPES.pat)
    throw invalidRequest(`Unknown key type '${type}'`);
  if (key.description.length > MAX_DESCRIPTION)
    throw invalidRequest(`description is longer than ${MAX_DESCRIPTION}`);
  if (key.scopes.length + key.endpoints.length === 0)
    throw invalidRequest('A key needs at least one scope');
  if (key.expiresAt && timestampDate(key.expiresAt) <= deps.clock())
    throw invalidRequest('expires_at is in the past');
  checkGrant(caller, key);
  if (type === TYPES.pat) {
    if (key.apps.length > 0) throw invalidRequest('A personal access token is not bound to an app');
    return { key, app: undefined };
  }
  const named = key.apps[0];
  if (!named?.id || key.apps.length !== 1)
    throw invalidRequest('An app-specific key opens exactly one app');
  const ownerId = named.userId && named.userId !== 'me' ? named.userId : caller.userId;
  const app = await findAppForScope(deps.db, ownerId, named.id);
  if (!app || app.ownerKey !== caller.userKey) throw notFound();
  return { key, app: { key: app.appKey, id: app.appId } };
}
