import { findTypesByFields } from '@limpid/domain/model-types/by-fields';
import { pageOf } from '@limpid/domain/page';
import { listModels, type ModelQuery, type ModelSort } from '@limpid/store/db/models';
import { invalidArgument, type ListModelsRequest } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { modelMessage } from './model-message.ts';
import { withCounts } from './with-counts.ts';

const SORTS: Readonly<Record<string, ModelSort>> = {
  sortByName: 'name',
  sortByNumInputs: 'num_inputs',
  sortByModifiedAt: 'modified_at',
  sortByCreatedAt: 'created_at',
  sortByStarCount: 'star_count',
  sortByRelevance: 'relevance',
};

/** Models of an app, of a user or of all that the caller sees, last changed first unless asked otherwise. */
export const ListModels = rpc('ListModels', { scope: 'any' }, async (call, request) => {
  const page = pageOf(request);
  // Nothing can be starred or bookmarked on this instance.
  if (request.starredOnly || request.bookmark) return { models: [] };
  const { db } = call.deps;
  const rows = await listModels(db, placeOf(call), queryOf(request), page);
  const shown = {
    presets: request.additionalFields.some((field) => /^(presets|all)$/.test(field)),
  };
  const models = rows.map((row) => modelMessage(row, shown));
  const { additionalFields, showReplicas } = request;
  return { models: await withCounts(db, rows, models, additionalFields, showReplicas) };
});

/** Where a list without a place looks: at everything that the caller may see. */
export function placeOf(call: Call<'any'>) {
  return call.scope ?? ({ kind: 'everything', userKey: call.caller.userKey } as const);
}

function queryOf(request: ListModelsRequest): ModelQuery {
  const sort = SORTS[request.sortBy.case ?? ''] ?? 'modified_at';
  if (sort === 'relevance' && !request.search) {
    throw invalidArgument('sort_by_relevance needs a search', 'model');
  }
  const { toolkits, useCases, languages } = request;
  return {
    sort,
    ascending: request.sortAscending,
    modelTypeIds: typesOf(request),
    trainedOnly: request.trainedOnly,
    featuredOnly: request.featuredOnly,
    license: request.license,
    licenseType: request.licenseType,
    source: request.source,
    creator: request.creator,
    visibility: request.visibility?.gettable || undefined,
    tags: { toolkits, use_cases: useCases, languages },
    versionIds: request.modelVersionIds,
    minReplicas: request.minReplicas,
    search: request.search,
    query: request.query,
    ...(request.name && {
      pattern: {
        // Without a * the name may stand anywhere, for a description is rarely one word.
        like: request.name.includes('*') ? request.name : `*${request.name}*`,
        fields: [
          'id',
          'name',
          'description',
          ...(request.filterByUserId ? ['user_id' as const] : []),
        ],
      },
    }),
  };
}

/** Ids of the model types that are asked for by id or by what they take and give; undefined when none is. */
function typesOf(request: ListModelsRequest): readonly string[] | undefined {
  const { modelTypeId, inputFields, outputFields } = request;
  const byFields = findTypesByFields(inputFields, outputFields);
  if (!modelTypeId) return byFields;
  return byFields && !byFields.includes(modelTypeId) ? [] : [modelTypeId];
}
