import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';
import { requireVersion, versionMessage } from './version-message.ts';

export const GetDatasetVersion = rpc(
  'GetDatasetVersion',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const dataset = await requireDataset(deps.db, scope, request.datasetId);
    const row = await requireVersion(deps.db, scope, dataset, request.datasetVersionId);
    return { datasetVersion: versionMessage(deps, row) };
  },
);
