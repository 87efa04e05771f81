// The media of one input: what is behind its URLs is fetched into blobs, and all bytes are looked at.

import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { AppScope } from '@limpid/domain/access/authority';
import { mediaFault } from '@limpid/domain/input/codes';
import {
  inputLimits,
  type MediaEntry,
  type MediaKind,
  mediaKinds,
} from '@limpid/domain/input/media';
import { plainText } from '@limpid/domain/input/read-input';
import { sniffAs, sniffBytes } from '@limpid/domain/input/sniff';
import { readDoc } from '@limpid/store/db/doc';
import type { Claim } from '@limpid/store/db/input-work';
import { expectBlobs } from '@limpid/store/db/media';
import { type Data, DataSchema } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { FetchError } from '../media/fetch-url.ts';
import { keepStill } from '../media/renditions.ts';
import { newBlobKey } from './sent-bytes.ts';

export interface Obtained {
  readonly media: readonly MediaEntry[];
  /** Marks of the blobs that were written just now. */
  readonly marks: readonly bigint[];
}

/** Longer than a download and a look may take. */
const keptWithinSeconds = 24 * 3600;

export async function obtainMedia(
  deps: Deps,
  scope: AppScope,
  claim: Claim,
  signal: AbortSignal,
): Promise<Obtained> {
  const data = readDoc(DataSchema, claim.body);
  const media: MediaEntry[] = [];
  const marks: bigint[] = [];
  for (const kind of mediaKinds) {
    const held = claim.media.find((entry) => entry.kind === kind);
    if (held && wasLookedAt(held)) media.push(held);
    else if (held) media.push({ ...held, ...(await lookAtBlob(deps, held, signal)) });
    else if (urlOf(data, kind)) {
      const fetched = await fetchMedium(deps, scope, kind, urlOf(data, kind), signal);
      media.push(fetched.entry);
      marks.push(fetched.mark);
    }
  }
  return { media, marks };
}

function wasLookedAt({ width, sampleRate, chars }: MediaEntry): boolean {
  return (width ?? sampleRate ?? chars) !== undefined;
}

function urlOf(data: Data, kind: MediaKind): string {
  const medium = data[kind];
  // A text that stands in its row needs nothing from outside.
  if (!medium || ('raw' in medium && medium.raw !== '')) return '';
  return medium.url;
}

async function fetchMedium(
  deps: Deps,
  scope: AppScope,
  kind: MediaKind,
  url: string,
  signal: AbortSignal,
): Promise<{ entry: MediaEntry; mark: bigint }> {
  return await deps.media.scratch.withFile(async (file) => {
    const size = await download(deps, kind, url, file, signal);
    const known = await nameFormat(kind, file);
    const facts = await lookAtFile(deps, kind, file, known.format, signal);
    if (kind === 'video') refuseLongVideo(facts);
    const blob = newBlobKey(deps, scope);
    const marks = await expectBlobs(deps.db, [blob], keptWithinSeconds);
    await deps.blobs.put(blob, createReadStream(file), { contentType: known.type });
    const entry = { kind, blob, size, ...known, ...facts };
    if (kind === 'video') await keepStill(deps, entry, file, signal);
    // Every expected blob has its mark.
    return { entry, mark: marks.get(blob) as bigint };
  });
}

async function download(
  deps: Deps,
  kind: MediaKind,
  url: string,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const maxBytes = inputLimits.urlBytes[kind];
  try {
    return (await deps.fetchUrl(url, { file, maxBytes, signal })).size;
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    const { fault, message } = error;
    if (fault === 'size') throw mediaFault('limit', kind, `the URL leads to ${message}`, error);
    const isUrl = fault === 'address' || fault === 'url';
    throw mediaFault(isUrl ? 'url' : 'failed', kind, message, error);
  }
}

type Known = Pick<MediaEntry, 'format' | 'type'>;

async function nameFormat(kind: MediaKind, file: string): Promise<Known> {
  if (kind === 'text') return { format: 'text', type: plainText };
  const found = sniffAs(kind, await readHead(file));
  if (!found) throw mediaFault('format', kind, `the URL leads to no ${kind} of a supported format`);
  return { format: found.format, type: found.type };
}

async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer: head, bytesRead } = await handle.read(
      Buffer.alloc(sniffBytes),
      0,
      sniffBytes,
      0,
    );
    return head.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

type Facts = Omit<MediaEntry, 'kind' | 'blob' | 'type' | 'format' | 'size'>;

async function lookAtBlob(deps: Deps, entry: MediaEntry, signal: AbortSignal): Promise<Facts> {
  const blob = await deps.blobs.get(entry.blob);
  if (!blob) throw mediaFault('failed', entry.kind, 'the stored bytes are gone');
  if (entry.kind !== 'video') {
    return await lookAtBytes(deps, entry.kind, await buffer(blob.stream), entry.format);
  }
  return await deps.media.scratch.withFile(async (file) => {
    await pipeline(blob.stream, createWriteStream(file, { mode: 0o600 }), { signal });
    const facts = await deps.media.probeVideo(file, entry.format, signal);
    await keepStill(deps, { ...entry, ...facts }, file, signal);
    return facts;
  });
}

async function lookAtFile(
  deps: Deps,
  kind: MediaKind,
  file: string,
  format: string,
  signal: AbortSignal,
): Promise<Facts> {
  if (kind === 'video') return await deps.media.probeVideo(file, format, signal);
  return await lookAtBytes(deps, kind, await readFile(file), format);
}

async function lookAtBytes(
  { media }: Deps,
  kind: Exclude<MediaKind, 'video'>,
  bytes: Buffer,
  format: string,
): Promise<Facts> {
  switch (kind) {
    case 'image':
      return await media.probeImage(bytes, format);
    case 'audio':
      return media.probeSound(bytes, format);
    case 'text':
      return media.probeText(bytes);
    default:
      throw new Error(`${kind satisfies never} is no kind of medium`);
  }
}

function refuseLongVideo({ seconds = 0 }: Facts): void {
  if (seconds <= inputLimits.videoSeconds) return;
  const details = `the video is ${Math.round(seconds)} s long; from a URL at most ${inputLimits.videoSeconds} s`;
  throw mediaFault('limit', 'video', details);
}
