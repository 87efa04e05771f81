// Step 2: where the call works. The only place where a request's ids become authority.
import {
  type AppScope,
  type Caller,
  grantApp,
  grantUser,
  type UserScope,
} from '@limpid/domain/access/authority';
import { PUBLIC, standing } from '@limpid/domain/access/visibility';
import { findAppForScope, findUserForScope } from '@limpid/store/db/scopes';
import { invalidKey, invalidRequest, modelNotFound, notFound } from '@limpid/wire';
import type { ScopeKind } from '../call.ts';
import type { Deps } from '../deps.ts';
import type { Authenticated } from './authenticate.ts';
import type { RpcOptions } from './rpc.ts';

/** The ids that a request names; empty strings where it names none. */
export interface NamedIds {
  readonly userId: string;
  readonly appId: string;
}

/** Reads `user_app_id` from any request that has it. */
export function namedIds(request: object): NamedIds {
  const set =
    'userAppId' in request ? (request.userAppId as Partial<NamedIds> | undefined) : undefined;
  return { userId: set?.userId ?? '', appId: set?.appId ?? '' };
}

export async function resolveScope(
  deps: Deps,
  authenticated: Authenticated | undefined,
  options: RpcOptions<ScopeKind>,
  named: NamedIds,
): Promise<AppScope | UserScope | undefined> {
  if (options.scope === 'open' || options.scope === 'caller' || !authenticated) return undefined;
  const { caller } = authenticated;
  const ids = fillIn(caller, named);
  if (options.scope === 'user') return await resolveUser(deps, caller, ids.userId || caller.userId);
  if (ids.appId) return await resolveApp(deps, authenticated, ids, options);
  if (options.scope === 'app') {
    throw invalidRequest('user_app_id.app_id is required');
  }
  return ids.userId ? await resolveUser(deps, caller, ids.userId) : undefined;
}

/** `me` and absent ids stand for the caller; an app key stands for its app and opens no other. */
function fillIn(caller: Caller, named: NamedIds): NamedIds {
  const userId = named.userId === 'me' ? caller.userId : named.userId;
  const bound = caller.credential.app;
  if (!bound) return { userId: userId || (named.appId ? caller.userId : ''), appId: named.appId };
  const sameUser = !userId || userId === caller.userId;
  const sameApp = !named.appId || named.appId === bound.id;
  if (!sameUser || !sameApp) throw invalidKey();
  return { userId: caller.userId, appId: bound.id };
}

async function resolveApp(
  deps: Deps,
  { caller, known }: Authenticated,
  ids: NamedIds,
  options: RpcOptions<ScopeKind>,
): Promise<AppScope> {
  const app = await known.get(`app ${JSON.stringify([ids.userId, ids.appId])}`, () =>
    findAppForScope(deps.db, ids.userId, ids.appId),
  );
  const stands = app ? standing(caller.userKey, app) : 'none';
  if (!app || stands === 'none') throw options.missing === 'model' ? modelNotFound() : notFound();
  const { appKey, appId, ownerKey, ownerId } = app;
  return grantApp({ appKey, appId, userKey: ownerKey, userId: ownerId, standing: stands });
}

async function resolveUser(deps: Deps, caller: Caller, userId: string): Promise<UserScope> {
  if (userId === caller.userId) return grantUser({ userKey: caller.userKey, userId, self: true });
  const user = await findUserForScope(deps.db, userId);
  if (!user || user.visibility < PUBLIC) throw notFound();
  return grantUser({ userKey: user.key, userId: user.id, self: false });
}
