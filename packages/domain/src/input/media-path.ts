// Paths of hosted media: `/media/{size}/users/{user}/apps/{app}/inputs/{kind}/{input id}`. Stable while the ids are,
// and without any permission in them: who may see the input may fetch it.
import { type MediaKind, mediaKinds } from './media.ts';

export const mediaPrefix = '/media';

/** Renditions of images by their longer side. */
export const imageSides = { large: 1280, small: 640, tiny: 200 } as const;
export type RenditionSize = keyof typeof imageSides;

/** `orig`: the bytes as they came. `thumbnail`: a still of a video. */
export type MediaSize = 'orig' | 'thumbnail' | RenditionSize;

export const imageSizes: readonly MediaSize[] = ['orig', 'large', 'small', 'tiny'];
export const videoSizes: readonly MediaSize[] = ['orig', 'thumbnail'];
/** A video's still, in every size of an image. */
export const stillSizes: readonly MediaSize[] = ['thumbnail', 'large', 'small', 'tiny'];

const sizes = new Set<string>([...imageSizes, 'thumbnail']);

export interface MediaPlace {
  readonly userId: string;
  readonly appId: string;
  readonly kind: MediaKind;
  readonly inputId: string;
}

export interface MediaAddress extends MediaPlace {
  readonly size: MediaSize;
}

/** What stands behind the size in every URL of a medium. */
export function mediaSuffix({ userId, appId, kind, inputId }: MediaPlace): string {
  return `users/${userId}/apps/${appId}/inputs/${kind}/${encodeURIComponent(inputId)}`;
}

export function mediaPath(address: MediaAddress): string {
  return `${mediaPrefix}/${address.size}/${mediaSuffix(address)}`;
}

/** Reads a path back; undefined for any that none of ours could be. */
export function parseMediaPath(path: string): MediaAddress | undefined {
  const [
    ,
    root,
    size = '',
    users,
    userId = '',
    apps,
    appId = '',
    inputs,
    kindText = '',
    last = '',
    ...rest
  ] = path.split('/');
  const kind = mediaKinds.find((known) => known === kindText);
  const isOurs =
    `/${root}` === mediaPrefix && users === 'users' && apps === 'apps' && inputs === 'inputs';
  if (!isOurs || !kind || !sizes.has(size) || last === '' || rest.length > 0) return undefined;
  try {
    const inputId = decodeURIComponent(last);
    // The set holds nothing but sizes.
    return { size: size as MediaSize, userId, appId, kind, inputId };
  } catch {
    return undefined;
  }
}
