import { pageOf } from '@limpid/domain/page';
import { listModels, type ModelQuery } from '@limpid/store/db/models';
import { rpc } from '../../rpc/rpc.ts';
import { placeOf } from './ListModels.ts';
import { modelMessage } from './model-message.ts';

/** Models whose id or name fits a pattern, where * stands for anything, and that are of a type. */
export const PostModelsSearches = rpc(
  'PostModelsSearches',
  { scope: 'any' },
  async (call, request) => {
    const { name = '', modelTypeId = '' } = request.modelQuery ?? {};
    const query: ModelQuery = {
      sort: 'name',
      ascending: true,
      ...(name && { pattern: { like: name, fields: ['id', 'name'] } }),
      ...(modelTypeId && { modelTypeIds: [modelTypeId] }),
    };
    const rows = await listModels(call.deps.db, placeOf(call), query, pageOf(request.pagination));
    return { models: rows.map((row) => modelMessage(row)) };
  },
);
