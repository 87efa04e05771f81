import { transaction } from '@limpid/store';
import { inputKeysOf } from '@limpid/store/db/annotation-queries';
import { removeFromDataset } from '@limpid/store/db/datasets';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';

/** Takes inputs out of a dataset. They stay in the app; ids that are not in it change nothing. */
export const DeleteDatasetInputs = rpc(
  'DeleteDatasetInputs',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    const dataset = await requireDataset(deps.db, scope, request.datasetId);
    const keys = await inputKeysOf(deps.db, scope, request.inputIds);
    await transaction(deps.db, (tx) => removeFromDataset(tx, dataset.key, [...keys.values()]));
    return {};
  },
);
