import { transaction } from '@limpid/store';
import { deleteDatasetVersions } from '@limpid/store/db/dataset-versions';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';

/** Deletes versions with their snapshots, all or none. The dataset and its other versions stay as they are. */
export const DeleteDatasetVersions = rpc(
  'DeleteDatasetVersions',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const dataset = await requireDataset(deps.db, scope, request.datasetId);
    const ids = [...new Set(request.datasetVersionIds)];
    await transaction(deps.db, async (tx) => {
      if ((await deleteDatasetVersions(tx, dataset.key, ids)) < ids.length) throw notFound();
    });
    return {};
  },
);
