import { transaction } from '@limpid/store';
import { deleteModelVersion } from '@limpid/store/db/model-versions';
import { lockModel } from '@limpid/store/db/models';
import { modelNotFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';

/** Deletes one version. Workflows that run it are deprecated by that. */
export const DeleteModelVersion = rpc(
  'DeleteModelVersion',
  { scope: 'app', missing: 'model' },
  async (call, request) => {
    await transaction(call.deps.db, async (tx) => {
      const model = await lockModel(tx, call.scope, request.modelId);
      const gone = model !== undefined && (await deleteModelVersion(tx, model, request.versionId));
      if (!gone) throw modelNotFound();
    });
    return {};
  },
);
