// Bytes that came with the call go to blobs before there are rows. Each blob stands in the trash from before its first
// byte, so nothing of a call that dies is left behind.
import type { AppScope } from '@limpid/domain/access/authority';
import type { MediaEntry } from '@limpid/domain/input/media';
import type { SentBytes } from '@limpid/domain/input/read-input';
import { expectBlobs } from '@limpid/store/db/media';
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
  const parts = prepared.flatMap((item) =>
    isRefused(item)
      ? []
      : item.bytes.map((sent) => ({ item, sent, blob: newBlobKey(deps, scope) })),
  );
  const marks = await expectBlobs(
    deps.db,
    parts.map(({ blob }) => blob),
    keptWithinSeconds,
  );
  const queue = [...parts];
  const worker = async (): Promise<void> => {
    for (let part = queue.shift(); part; part = queue.shift()) {
      await deps.blobs.put(part.blob, part.sent.bytes, { contentType: part.sent.type });
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const stored = new Map<ReadyItem, { media: MediaEntry[]; marks: bigint[] }>();
  for (const { item, sent, blob } of parts) {
    const own = stored.get(item) ?? { media: [], marks: [] };
    own.media.push(entryOf(sent, blob));
    // Every expected blob has its mark.
    own.marks.push(marks.get(blob) as bigint);
    stored.set(item, own);
  }
  return stored;
}

/** Below its app, so that an app's blobs can be found, and random: ids may be used again. */
export function newBlobKey(deps: Pick<Deps, 'random'>, scope: AppScope): string {
  return `apps/${scope.appKey}/inputs/${newHexId(deps.random)}`;
}

function entryOf({ kind, bytes, format, type }: SentBytes, blob: string): MediaEntry {
  return { kind, blob, type, format, size: bytes.length };
}
