// Where authority is looked up: the only queries that turn ids from a request into keys.
import type { Db, Tx } from './db.ts';

export interface AppFound {
  readonly appKey: bigint;
  readonly appId: string;
  readonly visibility: number;
  readonly ownerKey: bigint;
  readonly ownerId: string;
  readonly ownerVisibility: number;
}

/** A living app by its owner's id and its own. */
export async function findAppForScope(
  db: Db | Tx,
  userId: string,
  appId: string,
): Promise<AppFound | undefined> {
  return await db
    .selectFrom('apps as a')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .select([
      'a.key as appKey',
      'a.id as appId',
      'a.visibility',
      'u.key as ownerKey',
      'u.id as ownerId',
      'u.visibility as ownerVisibility',
    ])
    .where('u.id', '=', userId)
    .where('a.id', '=', appId)
    .where('a.deleted_at', 'is', null)
    .executeTakeFirst();
}

export async function findUserForScope(
  db: Db | Tx,
  userId: string,
): Promise<{ key: bigint; id: string; visibility: number } | undefined> {
  return await db
    .selectFrom('users')
    .select(['key', 'id', 'visibility'])
    .where('id', '=', userId)
    .executeTakeFirst();
}
