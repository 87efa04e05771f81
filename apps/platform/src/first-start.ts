// What a new home gets: its first user, and the file that tells the operator how to sign in.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAccount, setEnvPat } from '@limpid/server/sign-in/accounts';
import { findUser, listUsers } from '@limpid/store/db/users';
import type { Config } from './config.ts';
import { EnvError } from './env.ts';
import type { OwnInstance } from './instance.ts';

export interface Credentials {
  readonly url: string;
  readonly user_id: string;
  readonly email: string;
  readonly pat?: string;
  readonly password?: string;
}

/** Makes the first user, or honours a PAT given later, and keeps the credentials file true. */
export async function ensureFirstUser(
  instance: OwnInstance,
  config: Config,
  url: string,
): Promise<string> {
  const path = join(instance.home.path, 'credentials.json');
  const known = await readCredentials(path);
  const user = await findUser(instance.db, config.userId);
  if (user) {
    const pat = config.pat ?? known?.pat;
    if (config.pat) await setEnvPat(instance, user.key, config.pat);
    await writeCredentials(path, {
      url,
      user_id: user.id,
      email: user.email ?? '',
      ...(pat && { pat }),
      ...(known?.password && { password: known.password }),
    });
    return path;
  }
  await refuseOtherAdmin(instance, config);
  const made = await createAccount(instance, {
    id: config.userId,
    email: config.email,
    password: config.password,
    pat: config.pat,
    patFromEnv: config.pat !== undefined,
    isAdmin: true,
  });
  await writeCredentials(path, {
    url,
    user_id: made.user.id,
    email: config.email,
    pat: made.pat,
    password: made.password,
  });
  return path;
}

async function refuseOtherAdmin(instance: OwnInstance, config: Config): Promise<void> {
  const admin = (await listUsers(instance.db)).find((user) => user.is_admin);
  if (!admin) return;
  throw new EnvError(
    `LIMPID_USER_ID is '${config.userId}', but this home was made for '${admin.id}': the first user can not be renamed`,
  );
}

async function readCredentials(path: string): Promise<Credentials | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Credentials;
  } catch {
    // Absent, or edited by hand into something else: it is written anew from what is known.
    return undefined;
  }
}

async function writeCredentials(path: string, credentials: Credentials): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await rename(next, path);
}
