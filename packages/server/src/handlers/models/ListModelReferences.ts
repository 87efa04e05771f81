import { pageOf } from '@limpid/domain/page';
import { rpc } from '../../rpc/rpc.ts';
import { requireModel } from './find-model.ts';

/** No call of the contract adds references to a model, so a model that exists has none. */
export const ListModelReferences = rpc(
  'ListModelReferences',
  { scope: 'any', missing: 'model' },
  async (call, request) => {
    pageOf(request);
    await requireModel(call, request.modelId);
    return { modelReferences: [] };
  },
);
