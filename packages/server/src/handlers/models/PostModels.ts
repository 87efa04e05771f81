import { requireModelId } from '@limpid/domain/model/check-model';
import { findModelType } from '@limpid/domain/model-types/registry';
import { transaction } from '@limpid/store';
import { getModels, insertModel, type NewModel } from '@limpid/store/db/models';
import { alreadyExists, invalidArgument, type Model } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { modelMessage, storedModel } from './model-message.ts';

const DEFAULT_TYPE = 'embedding-classifier';
const MAX_BATCH = 128;

/** Makes models without versions, all or none. The answer has room for one: the first. */
export const PostModels = rpc('PostModels', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const given = [...(request.model ? [request.model] : []), ...request.models];
  if (given.length === 0 || given.length > MAX_BATCH) {
    throw invalidArgument(`Give 1 to ${MAX_BATCH} models`, 'model');
  }
  const planned = given.map(planOf);
  const keys = await transaction(deps.db, async (tx) => {
    const made: bigint[] = [];
    for (const model of planned) {
      const key = await insertModel(tx, scope, model);
      if (key === undefined) throw alreadyExists('Model', model.id);
      made.push(key);
    }
    return made;
  });
  const [row] = await getModels(deps.db, keys);
  return row ? { model: modelMessage(row) } : {};
});

function planOf(model: Model): NewModel {
  requireModelId(model.id);
  const modelTypeId = model.modelTypeId || DEFAULT_TYPE;
  if (!findModelType(modelTypeId)) {
    throw invalidArgument(`There is no model type '${modelTypeId.slice(0, 80)}'`, 'model');
  }
  return { id: model.id, modelTypeId, ...storedModel(model, model.id) };
}
