import { insertCredential } from '@limpid/store/db/credentials';
import { findUserToSignIn } from '@limpid/store/db/users';
import { newHexId, StatusCode, StatusError } from '@limpid/wire';
import type { Deps } from '../deps.ts';
import { checkPassword } from './passwords.ts';
import type { Throttle } from './throttle.ts';

export interface SignedIn {
  readonly userId: string;
  readonly sessionToken: string;
}

const SESSION_DAYS = 30;

/** Exchanges a user id or e-mail address and a password for a session token. */
export async function signIn(
  deps: Deps,
  throttle: Throttle,
  given: { login: string; password: string; peer: string },
): Promise<SignedIn> {
  const keys = [`login:${given.login.toLowerCase()}`, `peer:${given.peer}`];
  const now = deps.clock().getTime();
  const wait = throttle.waitFor(keys, now);
  if (wait > 0) {
    throw new StatusError(StatusCode.CONN_THROTTLED, {
      details: `Too many failed attempts: try again in ${Math.ceil(wait / 1000)} s`,
    });
  }
  // Counted before the slow check, so that parallel guesses cannot slip past the count.
  throttle.failed(keys, now);
  const user = await findUserToSignIn(deps.db, given.login);
  const right = await checkPassword(user?.password_hash ?? null, given.password);
  if (!user || !right) throw new StatusError(StatusCode.CONN_CREDENTIALS_INVALID);
  throttle.succeeded(keys);
  const sessionToken = newHexId(deps.random);
  await insertCredential(deps.db, {
    userKey: user.key,
    kind: 'session',
    publicId: newHexId(deps.random),
    secretHash: deps.secrets.hashCredential(sessionToken),
    description: 'Sign-in with password',
    scopes: ['All'],
    expiresAt: new Date(now + SESSION_DAYS * 86_400_000),
  });
  return { userId: user.id, sessionToken };
}
