import { modelTypeMessage } from '@limpid/domain/model-types/message';
import { findModelType } from '@limpid/domain/model-types/registry';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** What a model type takes, gives and can be set to. The same for everybody. */
export const GetModelType = rpc('GetModelType', { scope: 'caller' }, async (_call, request) => {
  const manifest = findModelType(request.modelTypeId);
  if (!manifest) throw notFound(`There is no model type '${request.modelTypeId.slice(0, 80)}'`);
  return { modelType: modelTypeMessage(manifest) };
});
