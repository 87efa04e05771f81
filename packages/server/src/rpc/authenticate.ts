// Step 1: who calls. Reads headers only, so that a stranger's body is never read.
import type { Caller } from '@limpid/domain/access/authority';
import { findCaller } from '@limpid/store/db/credentials';
import { type Known, knownNow } from '@limpid/store/db/known';
import { invalidKey } from '@limpid/wire';
import type { Deps } from '../deps.ts';

type Headers = (name: string) => string | undefined;

/** Who calls, and what is known of the rows that decide what they may do. */
export interface Authenticated {
  readonly caller: Caller;
  readonly known: Known;
}

/** The caller behind the request's credential; undefined when it carries none. Throws 11008 for one that is not valid. */
export async function authenticate(
  deps: Deps,
  header: Headers,
): Promise<Authenticated | undefined> {
  const secret = credentialOf(header);
  if (secret === undefined) return undefined;
  const hash = deps.secrets.hashCredential(secret);
  const known = await knownNow(deps.db);
  const found = await known.get(`caller ${hash.toString('latin1')}`, () =>
    findCaller(deps.db, hash, deps.clock()),
  );
  if (!found || (found.expiresAt && found.expiresAt <= deps.clock())) throw invalidKey();
  return { caller: found.caller, known };
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
