import { forgetTrash, listDueBlobs } from '@limpid/store/db/media';
import type { Deps } from '../../deps.ts';
import { renditionsOf } from './renditions.ts';

const batch = 200;

/** Removes the blobs in the trash whose time has come, with what was made of them. */
export async function purgeDueBlobs(
  { db, blobs }: Pick<Deps, 'db' | 'blobs'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const due = await listDueBlobs(db, batch);
    if (due.length === 0) return;
    // Bytes first: should this end in between, they are only removed once more.
    await blobs.delete(due.flatMap(({ blob }) => [blob, ...renditionsOf(blob)]));
    await forgetTrash(
      db,
      due.map(({ key }) => key),
    );
  }
}
