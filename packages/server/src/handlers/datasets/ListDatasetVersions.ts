import { pageOf } from '@limpid/domain/page';
import { listDatasetVersions } from '@limpid/store/db/dataset-versions';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';
import { versionMessage } from './version-message.ts';

/** Versions of a dataset, newest first. */
export const ListDatasetVersions = rpc(
  'ListDatasetVersions',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const dataset = await requireDataset(deps.db, scope, request.datasetId);
    const rows = await listDatasetVersions(
      deps.db,
      scope,
      dataset.key,
      request.requestOrigins,
      pageOf(request),
    );
    return { datasetVersions: rows.map((row) => versionMessage(deps, row)) };
  },
);
