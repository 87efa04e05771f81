import { transaction } from '@limpid/store';
import { deleteRunners } from '@limpid/store/db/runners';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes runners, all or none. Processes that still serve for them are told to stop. */
export const DeleteRunners = rpc('DeleteRunners', { scope: 'user' }, async (call, request) => {
  const { deps, scope } = call;
  const ids = [...new Set(request.ids)];
  const keys = await transaction(deps.db, async (tx) => {
    const deleted = await deleteRunners(tx, scope, ids);
    if (deleted.length < ids.length) throw notFound();
    return deleted;
  });
  for (const key of keys) deps.runners.disconnect(String(key));
  return {};
});
