import { requireModelId } from '@limpid/domain/model/check-model';
import { actionOf } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getModels, lockModel, renameModel } from '@limpid/store/db/models';
import { alreadyExists, invalidArgument, modelNotFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { modelMessage } from './model-message.ts';

/** Gives one model another id. The old id is free at once; workflows keep the model. */
export const PatchModelIds = rpc(
  'PatchModelIds',
  { scope: 'app', missing: 'model' },
  async (call, request) => {
    actionOf(request.action, ['overwrite']);
    const [change, ...others] = request.ids;
    if (!change || others.length > 0) {
      throw invalidArgument('Give exactly one id to change', 'model');
    }
    requireModelId(change.newId);
    const { deps, scope } = call;
    const rows = await transaction(deps.db, async (tx) => {
      const key = await lockModel(tx, scope, change.id);
      if (key === undefined) throw modelNotFound();
      const renamed = await renameModel(tx, scope, key, change.newId);
      if (!renamed) throw alreadyExists('Model', change.newId);
      return await getModels(tx, [key]);
    });
    return { models: rows.map((row) => modelMessage(row)) };
  },
);
