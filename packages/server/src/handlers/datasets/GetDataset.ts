import { rpc } from '../../rpc/rpc.ts';
import { datasetMessage, requireDataset } from './dataset-message.ts';

export const GetDataset = rpc('GetDataset', { scope: 'app' }, async (call, request) => {
  const row = await requireDataset(call.deps.db, call.scope, request.datasetId);
  return { dataset: datasetMessage(row) };
});
