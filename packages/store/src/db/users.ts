import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { UsersTable } from './tables.ts';

export type UserRow = Selectable<UsersTable>;

export async function findUser(db: Db | Tx, id: string): Promise<UserRow | undefined> {
  return await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
}

/** By id or, without regard to case, by e-mail address: what a person types to sign in. */
export async function findUserToSignIn(db: Db, login: string): Promise<UserRow | undefined> {
  return await db
    .selectFrom('users')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', login), eb('email', '=', login.toLowerCase())]))
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
}

export interface NewUser {
  readonly id: string;
  readonly email: string | null;
  readonly passwordHash: string | null;
  readonly visibility?: number;
  readonly isAdmin?: boolean;
  readonly isSystem?: boolean;
  readonly body?: object;
}

/** Adds a user; undefined when the id or the address is taken. */
export async function insertUser(db: Db | Tx, user: NewUser): Promise<UserRow | undefined> {
  return await db
    .insertInto('users')
    .values({
      id: user.id,
      email: user.email?.toLowerCase() ?? null,
      password_hash: user.passwordHash,
      visibility: user.visibility ?? 10,
      is_admin: user.isAdmin ?? false,
      is_system: user.isSystem ?? false,
      body: JSON.stringify(user.body ?? {}),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export interface UserChange {
  readonly passwordHash?: string;
  readonly visibility?: number;
  readonly disabled?: boolean;
}

/** Changes what is given; undefined when there is no such user. */
export async function updateUser(
  db: Db | Tx,
  id: string,
  change: UserChange,
): Promise<UserRow | undefined> {
  return await db
    .updateTable('users')
    .set({
      modified_at: sql`now()`,
      ...(change.passwordHash !== undefined && { password_hash: change.passwordHash }),
      ...(change.visibility !== undefined && { visibility: change.visibility }),
      ...(change.disabled !== undefined && { disabled_at: change.disabled ? sql`now()` : null }),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export async function listUsers(db: Db): Promise<UserRow[]> {
  return await db.selectFrom('users').selectAll().orderBy('key').execute();
}
