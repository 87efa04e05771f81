// Who may fetch a medium: whoever may see its input, by a credential in a header or a cookie; or anybody who holds a
// URL that we signed, until its time is over.
import { type AppScope, grantApp } from '@limpid/domain/access/authority';
import { standing } from '@limpid/domain/access/visibility';
import { type MediaAddress, mediaPath } from '@limpid/domain/input/media-path';
import { findAppForScope } from '@limpid/store/db/scopes';
import { insufficientScopes, invalidKey, notFound } from '@limpid/wire';
import type { Deps } from '../deps.ts';
import { isSignedMedia } from '../media/signed-url.ts';
import { authenticate } from '../rpc/authenticate.ts';

const needed = 'Inputs:Get';
// Cookies that browsers send with media elements, and the headers that they stand for.
const cookies = {
  'x-clarifai-session-token': 'x_clarifai_session_token',
  authorization: 'x-clarifai-api-key',
} as const;

export interface MediaRequest {
  readonly address: MediaAddress;
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
}

/** Throws 401 for a credential that is not valid; without one, or without a right, there is no such medium. */
export async function openMediaScope(deps: Deps, request: MediaRequest): Promise<AppScope> {
  const { address, query, header } = request;
  if (!query.has('signature')) return await openAppScope(deps, address, header, needed);
  if (!isSignedMedia(deps, mediaPath(address), query)) throw invalidKey();
  return await grant(deps, address, undefined);
}

/** The app that a file belongs to, for a caller whose credential holds the operation. */
export async function openAppScope(
  deps: Deps,
  place: AppPlace,
  header: Header,
  operation: string,
): Promise<AppScope> {
  const signed = await authenticate(deps, withCookies(header));
  if (!signed) throw notFound();
  const { caller } = signed;
  const { scopes, app } = caller.credential;
  if (!scopes.all && !scopes.operations.has(operation)) throw insufficientScopes([operation]);
  const scope = await grant(deps, place, caller.userKey);
  if (app && app.key !== scope.appKey) throw notFound();
  return scope;
}

type AppPlace = Pick<MediaAddress, 'userId' | 'appId'>;

async function grant(
  deps: Deps,
  { userId, appId }: AppPlace,
  callerKey: bigint | undefined,
): Promise<AppScope> {
  const app = await findAppForScope(deps.db, userId, appId);
  if (!app) throw notFound();
  // A signed URL speaks for the owner.
  const stands = standing(callerKey ?? app.ownerKey, app);
  if (stands === 'none') throw notFound();
  const { appKey, ownerKey, ownerId } = app;
  return grantApp({
    appKey,
    appId: app.appId,
    userKey: ownerKey,
    userId: ownerId,
    standing: stands,
  });
}

type Header = MediaRequest['header'];

/** Headers, and cookies where no header says who calls. */
function withCookies(header: Header): Header {
  const isNamed = Object.keys(cookies).some((name) => header(name));
  if (isNamed) return header;
  const held = readCookies(header('cookie') ?? '');
  return (name) => {
    const cookie = name in cookies ? held.get(cookies[name as keyof typeof cookies]) : undefined;
    if (!cookie) return header(name);
    return name === 'authorization' ? `Key ${cookie}` : cookie;
  };
}

function readCookies(text: string): Map<string, string> {
  const pairs = text.split(';').map((pair) => pair.split('='));
  return new Map(pairs.map(([name = '', ...value]) => [name.trim(), value.join('=').trim()]));
}
