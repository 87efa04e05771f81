import { transaction } from '@limpid/store';
import { type DatasetFields, getDatasets, insertDatasets } from '@limpid/store/db/datasets';
import { alreadyExists, invalidRequest, isClientId, newHexId } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { defaultFilterKey } from './dataset-filter.ts';
import { datasetMessage, storedDataset } from './dataset-message.ts';

const MAX_BATCH = 128;

/** Makes datasets, all or none. */
export const PostDatasets = rpc('PostDatasets', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  if (request.datasets.length === 0 || request.datasets.length > MAX_BATCH) {
    throw invalidRequest(`Give 1 to ${MAX_BATCH} datasets`);
  }
  const planned: (DatasetFields & { id: string })[] = [];
  for (const dataset of request.datasets) {
    const id = dataset.id || newHexId(deps.random);
    if (!isClientId(id)) throw invalidRequest(`'${id.slice(0, 80)}' is not a valid dataset id`);
    const filter = await defaultFilterKey(deps.db, scope, dataset);
    planned.push({ id, ...storedDataset(dataset, filter) });
  }
  const rows = await transaction(deps.db, async (tx) => {
    const made = new Set((await insertDatasets(tx, scope, planned)).map(({ id }) => id));
    const taken = planned.find(({ id }) => !made.has(id));
    if (taken || made.size < planned.length)
      throw alreadyExists('Dataset', (taken ?? planned[0])?.id ?? '');
    return await getDatasets(
      tx,
      scope,
      planned.map(({ id }) => id),
    );
  });
  return { datasets: rows.map(datasetMessage) };
});
