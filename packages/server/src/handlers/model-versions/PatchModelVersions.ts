import { checkOutputInfo } from '@limpid/domain/model-types/check-params';
import { findModelType } from '@limpid/domain/model-types/registry';
import { actionOf, applyPatch, modelVersionPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import {
  getModelVersions,
  lockModelVersions,
  updateModelVersion,
} from '@limpid/store/db/model-versions';
import { getModels, lockModel } from '@limpid/store/db/models';
import { invalidArgument, ModelVersionSchema, modelNotFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { bareVersion, versionBody, versionMessage } from './version-message.ts';

const MAX_BATCH = 128;

/** Changes what may change of versions, all or none: never what they were trained on. */
export const PatchModelVersions = rpc(
  'PatchModelVersions',
  { scope: 'app', missing: 'model' },
  async (call, request) => {
    const { modelVersions: patches, action } = request;
    actionOf(action, modelVersionPatch.actions);
    if (patches.length === 0 || patches.length > MAX_BATCH) {
      throw invalidArgument(`Give 1 to ${MAX_BATCH} model versions`, 'model');
    }
    return await transaction(call.deps.db, async (tx) => {
      const key = await lockModel(tx, call.scope, request.modelId);
      const [model] = key === undefined ? [] : await getModels(tx, [key]);
      if (!model) throw modelNotFound();
      const type = findModelType(model.model_type_id);
      const keys: bigint[] = [];
      for (const patch of patches) {
        const [row] = await lockModelVersions(tx, model.key, [patch.id]);
        if (!row) throw modelNotFound();
        const current = bareVersion(row, model);
        const version = applyPatch(ModelVersionSchema, current, patch, action, modelVersionPatch);
        checkOutputInfo(type, version.outputInfo);
        const visibility = patch.visibility?.gettable || row.visibility;
        await updateModelVersion(tx, row.key, { visibility, body: versionBody(version) });
        keys.push(row.key);
      }
      const rows = await getModelVersions(tx, keys);
      return { modelVersions: rows.map((row) => versionMessage(row, model)) };
    });
  },
);
