// One file of an archive, as far as an input can be made of it.
import { createHash } from 'node:crypto';
import { fileKind, inputIdOf, isVisibleFile, mostBytes } from '@limpid/domain/input/from-file';
import type { MediaKind } from '@limpid/domain/input/media';
import { sniffBytes } from '@limpid/domain/input/sniff';
import { readText } from '@limpid/domain/input/text';
import {
  AudioSchema,
  clone,
  create,
  type Data,
  DataSchema,
  ImageSchema,
  type Input,
  InputSchema,
  TextSchema,
  VideoSchema,
} from '@limpid/wire';
import { type ArchiveEntry, EntryError } from '../archive/entry.ts';

export interface ReadFile {
  readonly kind: MediaKind;
  readonly size: number;
  readonly input: Input;
}

/** `refused`: meant to be an input, and none can be made of it. `other`: nothing that inputs are made of. */
export type EntryOutcome = ReadFile | 'refused' | 'other';

export async function readEntry(entry: ArchiveEntry, template: Input): Promise<EntryOutcome> {
  if (!isVisibleFile(entry.path)) return 'other';
  try {
    const found = await readFile(entry);
    return typeof found === 'string' ? found : toInput(entry.path, found, template);
  } catch (error) {
    if (error instanceof EntryError) return 'refused';
    throw error;
  }
}

interface FileBytes {
  readonly kind: MediaKind;
  readonly bytes: Buffer;
}

/** Reads no more than it takes to know that a file is none, or too large. */
async function readFile(entry: ArchiveEntry): Promise<FileBytes | 'refused' | 'other'> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let kind: MediaKind | undefined;
  for await (const chunk of entry.open()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < sniffBytes) continue;
    kind ??= fileKind(entry.path, Buffer.concat(chunks));
    if (!kind) return 'other';
    if (size > mostBytes(kind)) return 'refused';
  }
  const bytes = Buffer.concat(chunks);
  kind ??= fileKind(entry.path, bytes);
  return kind ? { kind, bytes } : 'other';
}

function toInput(path: string, { kind, bytes }: FileBytes, template: Input): EntryOutcome {
  const text = kind === 'text' ? readText(bytes)?.text : undefined;
  if (kind === 'text' && !text) return 'refused';
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const input = create(InputSchema, {
    id: inputIdOf(path, hash),
    data: template.data ? clone(DataSchema, template.data) : create(DataSchema),
    datasetIds: [...template.datasetIds],
  });
  if (input.data) setMedium(input.data, kind, bytes, text ?? '');
  return { kind, size: bytes.length, input };
}

function setMedium(data: Data, kind: MediaKind, base64: Uint8Array, raw: string): void {
  if (kind === 'image') data.image = create(ImageSchema, { base64 });
  else if (kind === 'video') data.video = create(VideoSchema, { base64 });
  else if (kind === 'audio') data.audio = create(AudioSchema, { base64 });
  else data.text = create(TextSchema, { raw });
}
