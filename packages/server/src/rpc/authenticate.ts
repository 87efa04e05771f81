// Step 1: who calls. Reads headers only, so that a stranger's body is never read.
import type { Caller } from '@limpid/domain/access/authority';
import { findCaller } from '@limpid/store/db/credentials';
import { invalidKey } from '@limpid/wire';
import type { Deps } from '../deps.ts';

type Headers = (name: string) => string | undefined;

/** The caller behind the request's credential; undefined when it carries none. Throws 11008 for one that is not valid. */
export async function authenticate(deps: Deps, header: Headers): Promise<Caller | undefined> {
  const secret = credentialOf(header);
  if (secret === undefined) return undefined;
  const caller = await findCaller(deps.db, deps.secrets.hashCredential(secret), deps.clock());
  if (!caller) throw invalidKey();
  return caller;
}

/** The raw credential in the headers, if there is one. A scheme other than Key or Bearer is refused. */
export function credentialOf(header: Headers): string | undefined {
  const session = header('x-clarifai-session-token')?.trim();
  if (session) return session;
  const authorization = header('authorization')?.trim();
  if (!authorization) return undefined;
  const match = /^(?:key|bearer)\s+(\S+)$/i.exec(authorization);
  if (!match?.[1]) throw invalidKey();
  return match[1];
}
