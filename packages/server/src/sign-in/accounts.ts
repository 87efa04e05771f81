// Accounts of people, made by the operator: there is no self-sign-up.
import { transaction } from '@limpid/store';
import { insertCredential, replaceEnvPat } from '@limpid/store/db/credentials';
import { insertUser, type UserRow, updateUser } from '@limpid/store/db/users';
import { alreadyExists, invalidRequest, isClientId, newHexId, notFound } from '@limpid/wire';
import type { Deps } from '../deps.ts';
import { hashPassword, passwordProblem } from './passwords.ts';

type AccountDeps = Pick<Deps, 'db' | 'secrets' | 'random'>;

export interface NewAccount {
  readonly id: string;
  readonly email: string;
  readonly password?: string | undefined;
  readonly pat?: string | undefined;
  /** The PAT came from the environment: one given later that way replaces it. */
  readonly patFromEnv?: boolean;
  readonly visibility?: number;
  readonly isAdmin?: boolean;
}

export interface Account {
  readonly user: UserRow;
  /** Shown once, here. */
  readonly password: string;
  readonly pat: string;
}

/** Makes a user with a first PAT; what is not given is generated. */
export async function createAccount(deps: AccountDeps, given: NewAccount): Promise<Account> {
  if (!isClientId(given.id)) throw invalidRequest(`'${given.id}' is not a valid user id`);
  const password = given.password ?? newPassword(deps);
  requireGoodPassword(password);
  const passwordHash = await hashPassword(password);
  const pat = given.pat ?? newHexId(deps.random);
  const user = await transaction(deps.db, async (tx) => {
    const row = await insertUser(tx, { ...given, passwordHash });
    if (!row) throw alreadyExists('User', given.id);
    await insertCredential(tx, {
      userKey: row.key,
      kind: 'pat',
      publicId: newHexId(deps.random),
      secretHash: deps.secrets.hashCredential(pat),
      description: 'Default',
      scopes: ['All'],
      fromEnv: given.patFromEnv ?? false,
    });
    return row;
  });
  return { user, password, pat };
}

/** Sets a new password, generated when none is given, and returns it. */
export async function resetPassword(
  deps: AccountDeps,
  id: string,
  given: string | undefined,
): Promise<string> {
  const password = given ?? newPassword(deps);
  requireGoodPassword(password);
  const user = await updateUser(deps.db, id, { passwordHash: await hashPassword(password) });
  if (!user) throw notFound(`There is no user '${id}'`);
  return password;
}

/** Makes `pat` the user's token from the environment; the one given that way before stops working. */
export async function setEnvPat(deps: AccountDeps, userKey: bigint, pat: string): Promise<void> {
  await transaction(deps.db, (tx) =>
    replaceEnvPat(tx, {
      userKey,
      kind: 'pat',
      publicId: newHexId(deps.random),
      secretHash: deps.secrets.hashCredential(pat),
      description: 'From the environment',
      scopes: ['All'],
      fromEnv: true,
    }),
  );
}

function newPassword(deps: AccountDeps): string {
  return Buffer.from(deps.random().subarray(0, 15)).toString('base64url');
}

function requireGoodPassword(password: string): void {
  const problem = passwordProblem(password);
  if (problem) throw invalidRequest(problem);
}
