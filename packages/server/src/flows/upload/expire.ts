import { enqueue, transaction } from '@limpid/store';
import { expireUploads } from '@limpid/store/db/uploads';
import type { Deps } from '../../deps.ts';
import { purgeBlobs } from '../../jobs.ts';
import { lifetime } from './receive.ts';

/** Takes the content of uploads whose time is over, and in the end their rows. */
export async function removeExpired(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  await transaction(deps.db, async (tx) => {
    await expireUploads(tx, lifetime(deps));
    await enqueue(tx, [purgeBlobs.with({}, { key: 'soon' })]);
  });
}
