// Smaller images and stills, made when somebody asks for the first time and kept beside the original.

import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { MediaEntry } from '@limpid/domain/input/media';
import { imageSides, type MediaSize } from '@limpid/domain/input/media-path';
import type { Deps } from '../../deps.ts';
import { renditionType } from '../../media/images.ts';

type Derived = Exclude<MediaSize, 'orig'>;

const derivedSizes: readonly Derived[] = ['thumbnail', 'large', 'small', 'tiny'];

/** Names of everything that may have been made of a blob. */
export function renditionsOf(blob: string): string[] {
  return derivedSizes.map((size) => renditionKey(blob, size));
}

function renditionKey(blob: string, size: Derived): string {
  return `${blob}.${size}`;
}

/** Keeps a video's still, which also shows that a picture can be decoded at all. */
export async function keepStill(
  { blobs, media }: Pick<Deps, 'blobs' | 'media'>,
  entry: MediaEntry,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const still = await media.stillOfVideo(file, entry, signal);
  await blobs.put(renditionKey(entry.blob, 'thumbnail'), still, { contentType: 'image/jpeg' });
}

/** Work in progress, so that a page that asks for one image many times makes it once. */
export interface Renditions {
  /** The blob that holds this size of the medium. */
  blobOf(entry: MediaEntry, size: MediaSize, signal: AbortSignal): Promise<string>;
}

export function createRenditions(deps: Pick<Deps, 'blobs' | 'media'>): Renditions {
  const making = new Map<string, Promise<void>>();
  return {
    blobOf: async (entry, size, signal) => {
      if (size === 'orig') return entry.blob;
      const key = renditionKey(entry.blob, size);
      if (await deps.blobs.head(key)) return key;
      const work =
        making.get(key) ?? make(deps, entry, size, key).finally(() => making.delete(key));
      making.set(key, work);
      await untilAborted(work, signal);
      return key;
    },
  };
}

/** The work goes on for others who wait for it. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  await Promise.race([work, aborted]);
}

async function make(
  deps: Pick<Deps, 'blobs' | 'media'>,
  entry: MediaEntry,
  size: Derived,
  key: string,
): Promise<void> {
  const bytes =
    entry.kind === 'video'
      ? await fromVideo(deps, entry, size)
      : await fromImage(deps, entry, size);
  const contentType = entry.kind === 'video' ? 'image/jpeg' : renditionType(entry);
  await deps.blobs.put(key, bytes, { contentType });
}

async function fromImage(
  { blobs, media }: Pick<Deps, 'blobs' | 'media'>,
  entry: MediaEntry,
  size: Derived,
): Promise<Buffer> {
  const original = await blobs.get(entry.blob);
  if (!original) throw new Error(`the blob ${entry.blob} is gone`);
  return await media.shrinkImage(await buffer(original.stream), entry, sideOf(size));
}

async function fromVideo(
  { blobs, media }: Pick<Deps, 'blobs' | 'media'>,
  entry: MediaEntry,
  size: Derived,
): Promise<Buffer> {
  const kept =
    size === 'thumbnail' ? undefined : await blobs.get(renditionKey(entry.blob, 'thumbnail'));
  const still = kept ? await buffer(kept.stream) : await takeStill({ blobs, media }, entry);
  if (size === 'thumbnail') return still;
  return await media.shrinkImage(still, { ...entry, format: 'JPEG', alpha: false }, sideOf(size));
}

async function takeStill(
  { blobs, media }: Pick<Deps, 'blobs' | 'media'>,
  entry: MediaEntry,
): Promise<Buffer> {
  const { signal } = new AbortController();
  return await media.scratch.withFile(async (file) => {
    const original = await blobs.get(entry.blob);
    if (!original) throw new Error(`the blob ${entry.blob} is gone`);
    await writeFile(file, original.stream, { mode: 0o600 });
    return await media.stillOfVideo(file, entry, signal);
  });
}

function sideOf(size: Derived): number {
  return imageSides[size === 'thumbnail' ? 'large' : size];
}
