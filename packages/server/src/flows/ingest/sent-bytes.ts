// Bytes that came with the call, or that are copied from another input, go to blobs before there are rows. Each blob stands in the trash from before its first
// byte, so nothing of a call that dies is left behind.
import type { AppScope } from '@limpid/domain/access/authority';
import { mediaFault } from '@limpid/domain/input/codes';
import type { MediaEntry } from '@limpid/domain/input/media';
import type { BlobSource } from '@limpid/store';
import { dropExpected, expectBlobs } from '@limpid/store/db/media';
import { newHexId } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { isRefused, type Prepared, type ReadyItem } from './prepare.ts';

export interface StoredBytes {
  readonly media: readonly MediaEntry[];
  readonly marks: readonly bigint[];
}

/** Longer than any call may take. */
const keptWithinSeconds = 6 * 3600;
const atATime = 8;

export async function storeSentBytes(
  deps: Deps,
  scope: AppScope,
  prepared: readonly Prepared[],
): Promise<ReadonlyMap<ReadyItem, StoredBytes>> {
  const parts = prepared.flatMap((item) => (isRefused(item) ? [] : partsOf(deps, scope, item)));
  const marks = await expectBlobs(
    deps.db,
    parts.map(({ entry }) => entry.blob),
    keptWithinSeconds,
  );
  try {
    await putAll(deps, parts);
  } catch (error) {
    // Should this fail too, they are dropped when their time is over.
    await dropExpected(deps.db, [...marks.values()]).catch(() => undefined);
    throw error;
  }
  const stored = new Map<ReadyItem, { media: MediaEntry[]; marks: bigint[] }>();
  for (const { item, entry } of parts) {
    const own = stored.get(item) ?? { media: [], marks: [] };
    own.media.push(entry);
    // Every expected blob has its mark.
    own.marks.push(marks.get(entry.blob) as bigint);
    stored.set(item, own);
  }
  return stored;
}

async function putAll({ blobs }: Deps, parts: readonly Part[]): Promise<void> {
  const queue = [...parts];
  const worker = async (): Promise<void> => {
    for (let part = queue.shift(); part; part = queue.shift()) {
      const { blob, type } = part.entry;
      try {
        await blobs.put(blob, await part.open(), { contentType: type });
      } catch (error) {
        // The call fails as a whole: what has not begun need not.
        queue.length = 0;
        throw error;
      }
    }
  };
  // Only when all have ended may what they wrote be given up.
  const ends = await Promise.allSettled(Array.from({ length: atATime }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Below its app, so that an app's blobs can be found, and random: ids may be used again. */
export function newBlobKey(deps: Pick<Deps, 'random'>, scope: AppScope): string {
  return `apps/${scope.appKey}/inputs/${newHexId(deps.random)}`;
}

interface Part {
  readonly item: ReadyItem;
  readonly entry: MediaEntry;
  open(): Promise<BlobSource>;
}

function partsOf(deps: Deps, scope: AppScope, item: ReadyItem): Part[] {
  const sent = item.bytes.map(({ kind, bytes, format, type }): Part => {
    const blob = newBlobKey(deps, scope);
    const entry = { kind, blob, type, format, size: bytes.length };
    return { item, entry, open: async () => bytes };
  });
  // What is known of the bytes is known of their copy.
  const copied = item.copies.map((original): Part => {
    const entry = { ...original, blob: newBlobKey(deps, scope) };
    return { item, entry, open: () => openCopy(deps, original) };
  });
  return [...sent, ...copied];
}

async function openCopy({ blobs }: Deps, { kind, blob }: MediaEntry): Promise<BlobSource> {
  const original = await blobs.get(blob);
  if (!original) throw mediaFault('failed', kind, 'the input to copy from is gone');
  return original.stream;
}
