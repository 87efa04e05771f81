// In which apps the name of a model or workflow is looked up.
import type { AppScope, Caller, UserScope } from '@limpid/domain/access/authority';
import { type RawBuilder, sql } from 'kysely';

/** Holds the instance's own models and workflows. */
export const SHARED_APP = { userId: 'clarifai', appId: 'main' } as const;

/** A place as a caller names it: by a resolved scope, or by ids that stand in a message. */
export interface AppRef {
  readonly scope?: AppScope | UserScope | undefined;
  readonly userId?: string;
  readonly appId?: string;
}

/** App keys stay in their app, and runners serve what they were made for. */
export function mayFallBack(caller: Caller): boolean {
  const { kind, app } = caller.credential;
  return app === null && (kind === 'pat' || kind === 'session');
}

/** Keys of the apps to look in: the one that is named, if any, and the shared one, if the caller may. */
export function candidateApps(caller: Caller, ref: AppRef): RawBuilder<unknown> {
  const named = namedApp(caller, ref);
  const apps = [
    ...(named ? [named] : []),
    ...(mayFallBack(caller) ? [keyOf(SHARED_APP.userId, SHARED_APP.appId)] : []),
  ];
  return apps.length > 0 ? sql.join(apps) : sql`null::bigint`;
}

/** Key of the app that is named. An app key names its own without ids, and no other with them. */
export function namedApp(caller: Caller, ref: AppRef): RawBuilder<unknown> | undefined {
  if (ref.scope?.kind === 'app') return sql`${ref.scope.appKey}::bigint`;
  const { app } = caller.credential;
  const owner = !ref.userId || ref.userId === 'me' ? caller.userId : ref.userId;
  if (app) {
    const isOwn = owner === caller.userId && (!ref.appId || ref.appId === app.id);
    return isOwn ? sql`${app.key}::bigint` : undefined;
  }
  return ref.appId ? keyOf(owner, ref.appId) : undefined;
}

/** Orders what was found so that the named app goes before the shared one. */
export function sharedLast(): RawBuilder<unknown> {
  return sql`(u.id = ${SHARED_APP.userId} and a.id = ${SHARED_APP.appId})`;
}

function keyOf(userId: string, appId: string): RawBuilder<unknown> {
  return sql`(select a.key from apps a join users u on u.key = a.user_key
    where u.id = ${userId} and a.id = ${appId} and a.deleted_at is null)`;
}
