import { readFiltering } from '@limpid/domain/query/read-search';
import { transaction } from '@limpid/store';
import { inputKeysOf } from '@limpid/store/db/annotation-queries';
import { addToDataset, findMember } from '@limpid/store/db/datasets';
import { listMatchingInputs } from '@limpid/store/db/searches';
import {
  create,
  type DatasetInput,
  DatasetInputSchema,
  invalidRequest,
  type Search,
  StatusCode,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { filterPlace, planFilters } from '../../flows/search/plan.ts';
import { rpc } from '../../rpc/rpc.ts';
import { searchMeant } from '../searches/search-message.ts';
import { requireDataset } from './dataset-message.ts';
import { memberMessages } from './members.ts';

const MAX_BATCH = 1000;

/**
 * Adds inputs of the app to a dataset: named ones each by itself, and the answer says what became of every one, in
 * order; or all hits of a search at once.
 */
export const PostDatasetInputs = rpc(
  'PostDatasetInputs',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    if (request.search) return await addHits(call, request.datasetId, request.search);
    const ids = request.datasetInputs.map(({ input }) => input?.id ?? '');
    if (ids.length === 0 || ids.length > MAX_BATCH)
      throw invalidRequest(`give 1 to ${MAX_BATCH} dataset_inputs`);
    const { dataset, keys, added } = await transaction(deps.db, async (tx) => {
      const { key: dataset } = await requireDataset(tx, scope, request.datasetId);
      const keys = await inputKeysOf(tx, scope, ids);
      return { dataset, keys, added: await addToDataset(tx, dataset, [...keys.values()]) };
    });
    const seen = new Set<string>();
    const codes = ids.map((id) => {
      const key = keys.get(id);
      if (key === undefined) return StatusCode.INPUT_DOES_NOT_EXIST;
      const isNew = added.has(key) && !seen.has(id);
      seen.add(id);
      return isNew ? StatusCode.DATASET_INPUT_SUCCESS : StatusCode.DATASET_INPUT_DUPLICATE;
    });
    const messages = await messagesOf(call, dataset, [...keys.values()]);
    const datasetInputs = ids.map((id, index) =>
      withStatus(messages.get(id), id, codes[index] ?? StatusCode.FAILURE),
    );
    return { status: { code: overall(codes) }, datasetInputs };
  },
);

/** Adds every input that a search finds; those that are in the dataset already stay in it. */
async function addHits(call: Call<'app'>, datasetId: string, search: Search) {
  const { deps, scope } = call;
  if (search.save) throw invalidRequest('a search is saved by a call of its own, and then named');
  const dataset = await requireDataset(deps.db, scope, datasetId);
  const term = readFiltering(await searchMeant(deps.db, scope, search), 'search');
  const filters = await planFilters(filterPlace(call), term);
  const keys = await listMatchingInputs(deps.db, scope, { unit: 'input', filters });
  await transaction(deps.db, (tx) => addToDataset(tx, dataset.key, [...keys.sort()]));
  return {};
}

async function messagesOf(
  call: Call<'app'>,
  dataset: bigint,
  keys: readonly bigint[],
): Promise<Map<string, DatasetInput>> {
  const members = await Promise.all(keys.map((key) => findMember(call.deps.db, dataset, key)));
  const messages = await memberMessages(
    call,
    members.filter((member) => member !== undefined),
  );
  return new Map(messages.map((message) => [message.input?.id ?? '', message]));
}

function withStatus(message: DatasetInput | undefined, id: string, code: StatusCode): DatasetInput {
  const status = create(StatusSchema, { code, description: statusInfo(code).description });
  if (!message?.input) return create(DatasetInputSchema, { input: { id, status } });
  return create(DatasetInputSchema, {
    createdAt: message.createdAt,
    input: {
      id,
      data: message.input.data,
      createdAt: message.input.createdAt,
      modifiedAt: message.input.modifiedAt,
      status,
    },
  });
}

function overall(codes: readonly StatusCode[]): StatusCode {
  const good = codes.filter((code) => code === StatusCode.DATASET_INPUT_SUCCESS).length;
  if (good === codes.length) return StatusCode.SUCCESS;
  return good > 0 ? StatusCode.MIXED_STATUS : StatusCode.FAILURE;
}
