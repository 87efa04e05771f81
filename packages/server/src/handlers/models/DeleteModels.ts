import type { AppScope } from '@limpid/domain/access/authority';
import { type Db, transaction } from '@limpid/store';
import { deleteModels } from '@limpid/store/db/models';
import { modelNotFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes the named models or all of the app, all or none. No ids delete nothing. */
export const DeleteModels = rpc(
  'DeleteModels',
  { scope: 'app', missing: 'model' },
  async (call, request) => {
    await removeModels(call.deps.db, call.scope, request.deleteAll ? 'all' : request.ids);
    return {};
  },
);

export async function removeModels(
  db: Db,
  scope: AppScope,
  ids: readonly string[] | 'all',
): Promise<void> {
  await transaction(db, async (tx) => {
    const gone = new Set(await deleteModels(tx, scope, ids));
    if (ids !== 'all' && ids.some((id) => !gone.has(id))) throw modelNotFound();
  });
}
