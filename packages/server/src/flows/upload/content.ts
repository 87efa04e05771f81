// What was uploaded, as one file: its parts one behind the other.
import { createHash } from 'node:crypto';
import type { AppScope } from '@limpid/domain/access/authority';
import { filePath } from '@limpid/domain/files/paths';
import { listParts, type UploadPart } from '@limpid/store/db/uploads';
import { StatusCode, StatusError } from '@limpid/wire';
import type { Deps } from '../../deps.ts';

export function uploadUrl({ config }: Pick<Deps, 'config'>, scope: AppScope, id: string): string {
  const { userId, appId } = scope;
  return `${config.publicUrl()}${filePath({ kind: 'upload', userId, appId, uploadId: id })}`;
}

export interface UploadContent {
  readonly size: number;
  /** Of the whole content, quotes included. */
  readonly etag: string;
  /** Bytes from `start` on, up to and without `end`. */
  read(start: number, end: number): AsyncGenerator<Uint8Array>;
}

export async function openUpload(
  deps: Pick<Deps, 'db' | 'blobs'>,
  upload: bigint,
): Promise<UploadContent> {
  const parts = await listParts(deps.db, upload);
  const hash = createHash('sha256');
  for (const { sha256 } of parts) hash.update(sha256);
  return {
    size: parts.reduce((sum, { size }) => sum + Number(size), 0),
    etag: `"${hash.digest('hex')}"`,
    read: (start, end) => readParts(deps, parts, start, end),
  };
}

async function* readParts(
  { blobs }: Pick<Deps, 'blobs'>,
  parts: readonly UploadPart[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const { blob, size } of parts) {
    const next = at + Number(size);
    const range = { start: Math.max(start, at) - at, end: Math.min(end, next) - at - 1 };
    at = next;
    if (range.start > range.end) continue;
    const found = await blobs.get(blob, { range });
    // Deleted while it was read.
    if (!found) throw new StatusError(StatusCode.UPLOAD_EXPIRED, { details: 'the upload is gone' });
    // A reader that stops early closes the stream.
    yield* found.stream as AsyncIterable<Uint8Array>;
  }
}
