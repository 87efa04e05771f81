// URLs of media that carry their own permission, for those who have no credential: runners that fetch what they are to
// look at. They live for minutes.
import { type MediaAddress, mediaPath } from '@limpid/domain/input/media-path';
import type { Deps } from '../deps.ts';

const purpose = 'media';

type Signing = Pick<Deps, 'secrets' | 'config' | 'clock'>;

/** A URL of one size of one medium that opens it for everybody for `seconds`. */
export function signedMediaUrl(deps: Signing, address: MediaAddress, seconds: number): string {
  const path = mediaPath(address);
  const expires = Math.floor(deps.clock().getTime() / 1000) + seconds;
  const signature = deps.secrets.sign(purpose, `${path} ${expires}`);
  return `${deps.config.publicUrl()}${path}?expires=${expires}&signature=${signature}`;
}

/** Whether a query of ours opens this path now. */
export function isSignedMedia(deps: Signing, path: string, query: URLSearchParams): boolean {
  const expires = Number(query.get('expires'));
  if (!Number.isSafeInteger(expires) || expires * 1000 < deps.clock().getTime()) return false;
  return deps.secrets.verify(purpose, `${path} ${expires}`, query.get('signature') ?? '');
}
