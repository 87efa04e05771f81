// Media of a request as bytes. A runner is never handed a stranger's URL: it would fetch it from where it stands, with
// its owner's credential. An input of the app is named by its id alone.
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { AppScope } from '@limpid/domain/access/authority';
import { mediaFault } from '@limpid/domain/input/codes';
import {
  inputLimits,
  type MediaEntry,
  type MediaKind,
  mediaKinds,
} from '@limpid/domain/input/media';
import { readText } from '@limpid/domain/input/text';
import { readDoc } from '@limpid/store/db/doc';
import { getInputs, type InputRow } from '@limpid/store/db/inputs';
import {
  AudioSchema,
  create,
  type Data,
  DataSchema,
  ImageSchema,
  type Input,
  StatusCode,
  StatusError,
  TextSchema,
  VideoSchema,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { FetchError } from '../media/fetch-url.ts';

/** Fills in the inputs' media, in place. Returns what is wrong with those that can not be had, by position. */
export async function resolveMedia(
  deps: Deps,
  app: AppScope | undefined,
  inputs: readonly Input[],
  signal: AbortSignal,
): Promise<Map<number, StatusError>> {
  const stored = await storedInputs(deps, app, inputs);
  const faults = new Map<number, StatusError>();
  await Promise.all(
    inputs.map(async (input, index) => {
      try {
        await resolveInput(deps, input, stored, signal);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        faults.set(index, error);
      }
    }),
  );
  return faults;
}

async function resolveInput(
  deps: Deps,
  input: Input,
  stored: ReadonlyMap<string, InputRow>,
  signal: AbortSignal,
): Promise<void> {
  input.data ??= create(DataSchema);
  if (isBare(input.data)) {
    const row = input.id ? stored.get(input.id) : undefined;
    if (input.id && !row) throw new StatusError(StatusCode.INPUT_DOES_NOT_EXIST);
    if (row) await fillFromRow(deps, input.data, row);
  }
  await resolveData(deps, input.data, signal);
  // Arguments of a model's method stand one level below.
  for (const part of input.data.parts) if (part.data) await resolveData(deps, part.data, signal);
}

/** True for data that names nothing itself. Empty parts ask a model for its signatures and are no such data. */
function isBare(data: Data): boolean {
  const { image, video, audio, text, parts, embeddings } = data;
  return !image && !video && !audio && !text && parts.length === 0 && embeddings.length === 0;
}

async function storedInputs(
  deps: Deps,
  app: AppScope | undefined,
  inputs: readonly Input[],
): Promise<Map<string, InputRow>> {
  const ids = inputs.filter(({ id, data }) => id && (!data || isBare(data))).map(({ id }) => id);
  if (!app || ids.length === 0) return new Map();
  const rows = await getInputs(deps.db, app, [...new Set(ids)]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** What an input of an app consists of: its message, and its media where they lie apart. */
export interface StoredData {
  readonly body: unknown;
  readonly media: readonly MediaEntry[] | null;
}

/** Fills in the media of these kinds. */
export async function fillFromRow(
  deps: Deps,
  data: Data,
  row: StoredData,
  kinds: readonly MediaKind[] = mediaKinds,
): Promise<void> {
  const body = readDoc(DataSchema, row.body);
  for (const kind of kinds) {
    const entry = row.media?.find((held) => held.kind === kind);
    if (entry) setBytes(data, kind, await readBlob(deps, entry.blob));
    else if (body[kind]) Object.assign(data, { [kind]: body[kind] });
  }
}

async function readBlob(deps: Deps, key: string): Promise<Buffer> {
  const blob = await deps.blobs.get(key);
  if (!blob)
    throw new StatusError(StatusCode.INPUT_DOES_NOT_EXIST, {
      details: 'the media of the input is gone',
    });
  return await buffer(blob.stream);
}

async function resolveData(deps: Deps, data: Data, signal: AbortSignal): Promise<void> {
  for (const kind of mediaKinds) {
    const medium = data[kind];
    if (!medium?.url || hasContent(medium)) continue;
    setBytes(data, kind, await readUrl(deps, kind, medium.url, signal));
  }
}

function hasContent(medium: { base64?: Uint8Array; raw?: string }): boolean {
  return (medium.base64?.length ?? 0) > 0 || (medium.raw ?? '') !== '';
}

function setBytes(data: Data, kind: MediaKind, bytes: Buffer): void {
  switch (kind) {
    case 'image':
      data.image = create(ImageSchema, { base64: bytes });
      return;
    case 'video':
      data.video = create(VideoSchema, { base64: bytes });
      return;
    case 'audio':
      data.audio = create(AudioSchema, { base64: bytes });
      return;
    case 'text': {
      const read = readText(bytes);
      if (!read) throw mediaFault('format', 'text', 'the content is no text in UTF-8 or UTF-16');
      data.text = create(TextSchema, { raw: read.text });
      return;
    }
    default:
      kind satisfies never;
  }
}

/** The bytes behind a URL, through the guard. */
export async function readUrl(
  deps: Deps,
  kind: MediaKind,
  url: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const maxBytes = inputLimits.urlBytes[kind];
  return await deps.media.scratch.withFile(async (file) => {
    try {
      await deps.fetchUrl(url, { file, maxBytes, signal });
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      const { fault, message } = error;
      if (fault === 'size') throw mediaFault('limit', kind, `the URL leads to ${message}`, error);
      throw mediaFault('failed', kind, message, error);
    }
    return await readFile(file);
  });
}
