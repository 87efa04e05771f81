import { applyPatch, datasetVersionPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import {
  type DatasetVersionFields,
  getDatasetVersions,
  updateDatasetVersion,
} from '@limpid/store/db/dataset-versions';
import { DatasetVersionSchema, invalidRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';
import { requireVersion, storedVersion, versionMessage } from './version-message.ts';

/** Changes what describes versions, all or none; what is in them never changes. */
export const PatchDatasetVersions = rpc(
  'PatchDatasetVersions',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const { datasetVersions: patches, action } = request;
    if (patches.length === 0) throw invalidRequest('dataset_versions is empty');
    const dataset = await requireDataset(deps.db, scope, request.datasetId);
    const changes: { key: bigint; fields: DatasetVersionFields }[] = [];
    for (const patch of patches) {
      const row = await requireVersion(deps.db, scope, dataset, patch.id);
      const version = versionMessage(deps, row);
      const patched = applyPatch(DatasetVersionSchema, version, patch, action, datasetVersionPatch);
      changes.push({ key: row.key, fields: storedVersion(patched) });
    }
    await transaction(deps.db, async (tx) => {
      for (const { key, fields } of changes) await updateDatasetVersion(tx, key, fields);
    });
    const ids = patches.map(({ id }) => id);
    const rows = await getDatasetVersions(deps.db, scope, dataset.key, ids);
    return { datasetVersions: rows.map((row) => versionMessage(deps, row)) };
  },
);
