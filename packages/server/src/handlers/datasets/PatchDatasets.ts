import { applyPatch, datasetPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getDatasets, lockDatasets, updateDataset } from '@limpid/store/db/datasets';
import { DatasetSchema, invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { defaultFilterKey } from './dataset-filter.ts';
import { datasetMessage, requireDataset, storedDataset } from './dataset-message.ts';

/** Patches datasets, all or none. */
export const PatchDatasets = rpc('PatchDatasets', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  if (request.datasets.length === 0) throw invalidRequest('datasets is empty');
  const ids = request.datasets.map(({ id }) => id);
  await transaction(deps.db, async (tx) => {
    await lockDatasets(tx, scope, ids);
    for (const patch of request.datasets) {
      const row = await requireDataset(tx, scope, patch.id);
      const before = datasetMessage(row);
      const patched = applyPatch(DatasetSchema, before, patch, request.action, datasetPatch);
      const filter = await defaultFilterKey(tx, scope, patched);
      await updateDataset(tx, row.key, storedDataset(patched, filter));
    }
  });
  const rows = await getDatasets(deps.db, scope, ids);
  return { datasets: rows.map(datasetMessage) };
});
