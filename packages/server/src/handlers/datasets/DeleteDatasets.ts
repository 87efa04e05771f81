import { transaction } from '@limpid/store';
import { deleteDatasets } from '@limpid/store/db/datasets';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes datasets with their versions, all or none. The inputs in them stay in the app. */
export const DeleteDatasets = rpc('DeleteDatasets', { scope: 'app' }, async (call, request) => {
  const ids = [...new Set(request.datasetIds)];
  await transaction(call.deps.db, async (tx) => {
    const deleted = await deleteDatasets(tx, call.scope, ids);
    if (deleted.length < ids.length) throw notFound();
  });
  return {};
});
