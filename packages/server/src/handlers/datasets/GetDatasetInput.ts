import { inputKeysOf } from '@limpid/store/db/annotation-queries';
import { findMember } from '@limpid/store/db/datasets';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';
import { memberMessages } from './members.ts';

export const GetDatasetInput = rpc('GetDatasetInput', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const dataset = await requireDataset(deps.db, scope, request.datasetId);
  const key = (await inputKeysOf(deps.db, scope, [request.inputId])).get(request.inputId);
  const member = key === undefined ? undefined : await findMember(deps.db, dataset.key, key);
  const [datasetInput] = member ? await memberMessages(call, [member]) : [];
  if (!datasetInput) throw notFound();
  return { datasetInput };
});
