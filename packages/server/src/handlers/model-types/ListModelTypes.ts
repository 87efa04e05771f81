import { modelTypeMessage } from '@limpid/domain/model-types/message';
import { modelTypeManifests } from '@limpid/domain/model-types/registry';
import { pageOf } from '@limpid/domain/page';
import { rpc } from '../../rpc/rpc.ts';

/** All model types, by id. */
export const ListModelTypes = rpc('ListModelTypes', { scope: 'caller' }, async (_call, request) => {
  const { offset, limit } = pageOf(request);
  const shown = modelTypeManifests.slice(offset, offset + limit);
  return { modelTypes: shown.map(modelTypeMessage) };
});
