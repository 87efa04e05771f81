import type { AppScope, Caller, UserScope } from '@limpid/domain/access/authority';
import type { Known } from '@limpid/store/db/known';
import type { Method } from '@limpid/wire';
import type { Deps } from './deps.ts';
import type { Logger } from './logger.ts';

/** What a handler needs to know about where it works. */
export interface Scopes {
  /** Nobody need be signed in. */
  open: undefined;
  /** Some signed-in caller; no resource is named. */
  caller: undefined;
  /** A user's belongings. */
  user: UserScope;
  /** One app. */
  app: AppScope;
  /** As far as the request names it: an app, a user, or neither. */
  any: AppScope | UserScope | undefined;
}
export type ScopeKind = keyof Scopes;

/** One request on its way. Lives as long as the request; only handlers and steps see it. */
export interface Call<K extends ScopeKind = ScopeKind> {
  readonly reqId: string;
  readonly method: Method;
  readonly caller: K extends 'open' ? Caller | undefined : Caller;
  /** For reads that decide what the caller may do, at the start of the call. */
  readonly known: K extends 'open' ? Known | undefined : Known;
  readonly scope: Scopes[K];
  readonly log: Logger;
  /** Aborted when the client went away or its deadline passed. */
  readonly signal: AbortSignal;
  readonly deps: Deps;
}
