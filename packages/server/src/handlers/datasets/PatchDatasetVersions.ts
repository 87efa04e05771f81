import { applyPatch, datasetVersionPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import {
  getDatasetVersions,
  lockDatasetVersions,
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
    const ids = patches.map(({ id }) => id);
    await transaction(deps.db, async (tx) => {
      await lockDatasetVersions(tx, dataset.key, ids);
      for (const patch of patches) {
        const row = await requireVersion(tx, scope, dataset, patch.id);
        const before = versionMessage(deps, row);
        const after = applyPatch(DatasetVersionSchema, before, patch, action, datasetVersionPatch);
        await updateDatasetVersion(tx, row.key, storedVersion(after));
      }
    });
    const rows = await getDatasetVersions(deps.db, scope, dataset.key, ids);
    return { datasetVersions: rows.map((row) => versionMessage(deps, row)) };
  },
);
