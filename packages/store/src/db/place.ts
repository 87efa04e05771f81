import type { AppScope, UserScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type RawBuilder, sql } from 'kysely';

/** Where a list looks: in one app, among one user's belongings, or at everything that a user may see. */
export type Place = AppScope | UserScope | Everything;

export interface Everything {
  readonly kind: 'everything';
  readonly userKey: bigint;
}

const NOBODY = 0n;

/** The owner whose private things may be seen there; no user's key where there is none. */
export function viewerOf(place: Place): bigint {
  switch (place.kind) {
    case 'app':
      return place.standing === 'owner' ? place.userKey : NOBODY;
    case 'user':
      return place.self ? place.userKey : NOBODY;
    case 'everything':
      return place.userKey;
    default:
      return place satisfies never;
  }
}

/**
 * What of a resource with a visibility of its own is seen there. Asks for its table under the alias `resource`, its app's
 * as `a` and the owner's as `u`.
 */
export function seenIn(place: Place, resource: string): RawBuilder<boolean> {
  const seen = seenBy(viewerOf(place), resource);
  if (place.kind === 'app') return sql`(a.key = ${place.appKey} and ${seen})`;
  if (place.kind === 'user') return sql`(u.key = ${place.userKey} and ${seen})`;
  return seen;
}

/** A resource shows to all only when its app and its owner do. */
export function seenBy(viewer: bigint, resource: string): RawBuilder<boolean> {
  const visibility = sql.ref(`${resource}.visibility`);
  return sql`(u.key = ${viewer} or (${visibility} >= ${PUBLIC} and a.visibility >= ${PUBLIC} and u.visibility >= ${PUBLIC}))`;
}

/** Visibility of a version of which nothing was said: that of what it is a version of. */
export const INHERITED = 0;

/** Which versions of something that is seen are seen too. Asks for the owner as `u`. */
export function versionSeenBy(
  viewer: bigint | RawBuilder<unknown>,
  version: string,
): RawBuilder<boolean> {
  const visibility = sql.ref(`${version}.visibility`);
  return sql`(u.key = ${viewer} or ${visibility} >= ${PUBLIC} or ${visibility} = ${INHERITED})`;
}
