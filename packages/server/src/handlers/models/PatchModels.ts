import { actionOf, applyPatch, modelPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getModels, lockModel, lockModels, updateModel } from '@limpid/store/db/models';
import { invalidArgument, ModelSchema, modelNotFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { bareModel, modelMessage, storedModel } from './model-message.ts';

const MAX_BATCH = 128;

/** Changes what is said of models, all or none. Versions are never touched. */
export const PatchModels = rpc(
  'PatchModels',
  { scope: 'app', missing: 'model' },
  async (call, request) => {
    const { deps, scope } = call;
    const { models: patches, action } = request;
    actionOf(action, modelPatch.actions);
    if (patches.length === 0 || patches.length > MAX_BATCH) {
      throw invalidArgument(`Give 1 to ${MAX_BATCH} models`, 'model');
    }
    const rows = await transaction(deps.db, async (tx) => {
      await lockModels(
        tx,
        scope,
        patches.map(({ id }) => id),
      );
      const keys: bigint[] = [];
      for (const patch of patches) {
        const key = await lockModel(tx, scope, patch.id);
        const [row] = key === undefined ? [] : await getModels(tx, [key]);
        if (!row) throw modelNotFound();
        const model = applyPatch(ModelSchema, bareModel(row), patch, action, modelPatch);
        await updateModel(tx, row.key, storedModel(model, row.id));
        keys.push(row.key);
      }
      return await getModels(tx, keys);
    });
    return { models: rows.map((row) => modelMessage(row)) };
  },
);
