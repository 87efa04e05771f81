import { enqueue, transaction } from '@limpid/store';
import { forgetAccepted } from '@limpid/store/db/input-jobs';
import { deleteInputs } from '@limpid/store/db/inputs';
import type { Call } from '../../call.ts';
import { purgeBlobs } from '../../jobs.ts';

/** Deletes inputs and returns the ids that existed. */
export async function removeInputs(call: Call<'app'>, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  return await transaction(call.deps.db, async (tx) => {
    const gone = await deleteInputs(tx, call.scope, ids);
    if (gone.length > 0) await enqueue(tx, [purgeBlobs.with({}, { key: 'soon' })]);
    await forgetAccepted(
      tx,
      gone.flatMap(({ openJob }) => openJob ?? []),
    );
    return gone.map(({ id }) => id);
  });
}
