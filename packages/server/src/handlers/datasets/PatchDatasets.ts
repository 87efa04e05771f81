import { applyPatch, datasetPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { type DatasetFields, getDatasets, updateDataset } from '@limpid/store/db/datasets';
import { DatasetSchema, invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { defaultFilterKey } from './dataset-filter.ts';
import { datasetMessage, requireDataset, storedDataset } from './dataset-message.ts';

/** Patches datasets, all or none. */
export const PatchDatasets = rpc('PatchDatasets', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  if (request.datasets.length === 0) throw invalidRequest('datasets is empty');
  const changes: { key: bigint; fields: DatasetFields }[] = [];
  for (const patch of request.datasets) {
    const row = await requireDataset(deps.db, scope, patch.id);
    const patched = applyPatch(
      DatasetSchema,
      datasetMessage(row),
      patch,
      request.action,
      datasetPatch,
    );
    const filter = await defaultFilterKey(deps.db, scope, patched);
    changes.push({ key: row.key, fields: storedDataset(patched, filter) });
  }
  await transaction(deps.db, async (tx) => {
    for (const { key, fields } of changes) await updateDataset(tx, key, fields);
  });
  const rows = await getDatasets(
    deps.db,
    scope,
    request.datasets.map(({ id }) => id),
  );
  return { datasets: rows.map(datasetMessage) };
});
