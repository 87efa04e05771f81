// Parts of an upload, as they come: in any order, and any of them again. A part is known by its number; the same bytes
// under the same number change nothing, others are a conflict. Nothing of a call stays unless all of it does. What
// `range_start` means, official clients do not agree upon, so the numbers alone put parts in order.
import { webcrypto } from 'node:crypto';
import type { AppScope } from '@limpid/domain/access/authority';
import { uploadLimits } from '@limpid/domain/upload/limits';
import { enqueue, type Tx, transaction } from '@limpid/store';
import { waitingFor } from '@limpid/store/db/extraction-jobs';
import { dropExpected, expectBlobs, keepBlobs } from '@limpid/store/db/media';
import {
  getUploads,
  insertParts,
  type Lifetime,
  listParts,
  lockUpload,
  touchUpload,
  type UploadPart,
  type UploadRow,
  uploadStatus,
} from '@limpid/store/db/uploads';
import {
  invalidRequest,
  newHexId,
  notFound,
  StatusCode,
  StatusError,
  type UploadContentPart,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { extractArchive } from '../../jobs.ts';

/** Longer than any call may take. */
const keptWithinSeconds = 6 * 3600;

export function lifetime({ clock }: Pick<Deps, 'clock'>): Lifetime {
  const now = clock();
  return { now, until: new Date(now.getTime() + uploadLimits.lifeMs) };
}

export async function requireUpload(
  db: Deps['db'] | Tx,
  scope: AppScope,
  id: string,
): Promise<UploadRow> {
  const [row] = await getUploads(db, scope, [id]);
  if (!row) throw notFound();
  return row;
}

/** Adds parts, all or none, and returns the upload as it is then. */
export async function receiveParts(
  deps: Deps,
  scope: AppScope,
  uploadId: string,
  sent: readonly UploadContentPart[],
): Promise<UploadRow> {
  checkParts(sent);
  const upload = await requireUpload(deps.db, scope, uploadId);
  // Looked at before the bytes are kept, and again under the lock.
  const hashed = await Promise.all(sent.map((part) => hashPart(upload, part)));
  const fresh = newParts(upload, await listParts(deps.db, upload.key), hashed, deps);
  const parts = fresh.map(({ data, ...part }) => ({ ...part, blob: blobKey(deps, scope), data }));
  const marks = await expectBlobs(
    deps.db,
    parts.map(({ blob }) => blob),
    keptWithinSeconds,
  );
  try {
    for (const { blob, data } of parts)
      await deps.blobs.put(blob, data, { contentType: 'application/octet-stream' });
    const kept = await transaction(deps.db, (tx) =>
      commit(tx, deps, scope, uploadId, parts, marks),
    );
    const twice = parts.filter(({ blob }) => !kept.has(blob));
    await drop(deps, twice, marks);
  } catch (error) {
    await drop(deps, parts, marks).catch(() => undefined);
    throw error;
  }
  return await requireUpload(deps.db, scope, uploadId);
}

interface SentPart extends Omit<UploadPart, 'blob'> {
  readonly data: Uint8Array;
}

type KeptPart = SentPart & { readonly blob: string };

function checkParts(sent: readonly UploadContentPart[]): void {
  if (sent.length === 0) throw invalidRequest('content_parts is empty');
  for (const { partNumber, data } of sent) {
    if (partNumber < 1n || partNumber > BigInt(uploadLimits.parts))
      throw invalidRequest(`part_number must be from 1 to ${uploadLimits.parts}`);
    if (data.length === 0) throw invalidRequest(`part ${partNumber} has no data`);
  }
}

/** Outside of the event loop: a part may be as large as a message. */
async function hashPart(
  upload: UploadRow,
  { partNumber, data }: UploadContentPart,
): Promise<SentPart> {
  return {
    upload_key: upload.key,
    number: Number(partNumber),
    size: BigInt(data.length),
    sha256: Buffer.from(await webcrypto.subtle.digest('SHA-256', data)),
    data,
  };
}

/** The parts that are not there yet; throws where they do not fit to what is. */
function newParts<P extends Omit<UploadPart, 'blob'>>(
  upload: UploadRow,
  there: readonly UploadPart[],
  sent: readonly P[],
  { clock }: Pick<Deps, 'clock'>,
): P[] {
  refuseEnded(upload, clock());
  const known = new Map<number, Pick<UploadPart, 'sha256'>>(
    there.map((part) => [part.number, part]),
  );
  const fresh: P[] = [];
  for (const part of sent) {
    const before = known.get(part.number);
    if (before && !before.sha256.equals(part.sha256))
      throw conflict(`part ${part.number} was sent before with another content`);
    if (before) continue;
    known.set(part.number, part);
    fresh.push(part);
  }
  const total = [...there, ...fresh].reduce((sum, { size }) => sum + size, 0n);
  if (total > upload.content_length)
    throw invalidRequest(
      `the parts are longer than content_length, ${upload.content_length} bytes`,
    );
  return fresh;
}

function refuseEnded({ status_code: code, expires_at: until }: UploadRow, now: Date): void {
  const isOpen = code === uploadStatus.inProgress || code === uploadStatus.done;
  if (code === uploadStatus.expired || (isOpen && until <= now))
    throw new StatusError(StatusCode.UPLOAD_EXPIRED);
  if (!isOpen) throw new StatusError(code);
}

export function conflict(details: string): StatusError {
  return new StatusError(StatusCode.UPLOAD_CONFLICT, { details });
}

/** Returns the blobs that are parts now. */
async function commit(
  tx: Tx,
  deps: Deps,
  scope: AppScope,
  uploadId: string,
  parts: readonly KeptPart[],
  marks: ReadonlyMap<string, bigint>,
): Promise<ReadonlySet<string>> {
  if (!(await lockUpload(tx, scope, uploadId))) throw notFound();
  const upload = await requireUpload(tx, scope, uploadId);
  const there = await listParts(tx, upload.key);
  const fresh = newParts(upload, there, parts, deps);
  await insertParts(
    tx,
    fresh.map(({ data: _, ...part }) => part),
  );
  await keepBlobs(tx, marksOf(fresh, marks));
  const total = [...there, ...fresh].reduce((sum, { size }) => sum + size, 0n);
  const isWhole = total === upload.content_length;
  const code = isWhole ? uploadStatus.done : uploadStatus.inProgress;
  if (fresh.length > 0) await touchUpload(tx, upload.key, code, lifetime(deps));
  if (isWhole) {
    const waiting = await waitingFor(tx, upload.key);
    await enqueue(
      tx,
      waiting.map((job) => extractArchive.with({ job }, { key: String(job) })),
    );
  }
  return new Set(fresh.map(({ blob }) => blob));
}

function marksOf(parts: readonly KeptPart[], marks: ReadonlyMap<string, bigint>): bigint[] {
  return parts.flatMap(({ blob }) => marks.get(blob) ?? []);
}

async function drop(
  { db }: Deps,
  parts: readonly KeptPart[],
  marks: ReadonlyMap<string, bigint>,
): Promise<void> {
  await dropExpected(db, marksOf(parts, marks));
}

function blobKey(deps: Pick<Deps, 'random'>, scope: AppScope): string {
  return `apps/${scope.appKey}/uploads/${newHexId(deps.random)}`;
}
