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
  const ids = request.datasets.map(({ id }) => id || newHexId(deps.random));
  const wrong = ids.find((id) => !isClientId(id));
  if (wrong !== undefined)
    throw invalidRequest(`'${wrong.slice(0, 80)}' is not a valid dataset id`);
  const rows = await transaction(deps.db, async (tx) => {
    const planned: (DatasetFields & { id: string })[] = [];
    for (const [index, dataset] of request.datasets.entries()) {
      const filter = await defaultFilterKey(tx, scope, dataset);
      // Both lists are in the order of the request.
      planned.push({ id: ids[index] as string, ...storedDataset(dataset, filter) });
    }
    const made = new Set((await insertDatasets(tx, scope, planned)).map(({ id }) => id));
    const taken = ids.find((id) => !made.has(id)) ?? ids[0] ?? '';
    if (made.size < ids.length) throw alreadyExists('Dataset', taken);
    return await getDatasets(tx, scope, ids);
  });
  return { datasets: rows.map(datasetMessage) };
});
