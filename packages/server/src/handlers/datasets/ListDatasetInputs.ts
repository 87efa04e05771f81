import { pageOf } from '@limpid/domain/page';
import { listMembers } from '@limpid/store/db/datasets';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';
import { memberMessages } from './members.ts';

/** Inputs of a dataset in the order they were added. */
export const ListDatasetInputs = rpc(
  'ListDatasetInputs',
  { scope: 'app' },
  async (call, request) => {
    const dataset = await requireDataset(call.deps.db, call.scope, request.datasetId);
    const members = await listMembers(call.deps.db, dataset.key, pageOf(request));
    return { datasetInputs: await memberMessages(call, members) };
  },
);
