// Authority is a value: whoever holds an AppScope may act in that app as far as its standing goes. Query functions
// take one instead of ids, so a query without its tenant filter does not compile.
import type { ScopeSet } from './scopes.ts';

declare const granted: unique symbol;

/** Right to work within one app. Made by the scope step of the pipeline, or from a job's payload. */
export interface AppScope {
  readonly [granted]: 'app';
  readonly kind: 'app';
  readonly appKey: bigint;
  readonly appId: string;
  readonly userKey: bigint;
  readonly userId: string;
  readonly standing: 'owner' | 'public';
}

/** Right to see one user's belongings: all of them when `self`, the public ones otherwise. */
export interface UserScope {
  readonly [granted]: 'user';
  readonly kind: 'user';
  readonly userKey: bigint;
  readonly userId: string;
  readonly self: boolean;
}

/** Who calls, and by which credential. */
export interface Caller {
  readonly userKey: bigint;
  readonly userId: string;
  readonly isAdmin: boolean;
  readonly rateLimitRps: number | null;
  readonly credential: {
    readonly key: bigint;
    readonly publicId: string;
    readonly kind: 'pat' | 'app_key' | 'session' | 'runner';
    readonly scopes: ScopeSet;
    readonly grantedScopes: readonly string[];
    readonly grantedEndpoints: readonly string[];
    /** The one app that an app key opens. */
    readonly app: { readonly key: bigint; readonly id: string } | null;
    /** The one runner that a runner token may serve. */
    readonly runnerId: string | null;
  };
}

export function grantApp(fields: Omit<AppScope, typeof granted | 'kind'>): AppScope {
  return { kind: 'app', ...fields } as AppScope;
}

export function grantUser(fields: Omit<UserScope, typeof granted | 'kind'>): UserScope {
  return { kind: 'user', ...fields } as UserScope;
}
