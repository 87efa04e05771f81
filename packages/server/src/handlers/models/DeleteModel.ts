import { rpc } from '../../rpc/rpc.ts';
import { removeModels } from './DeleteModels.ts';

export const DeleteModel = rpc(
  'DeleteModel',
  { scope: 'app', missing: 'model' },
  async (call, request) => {
    await removeModels(call.deps.db, call.scope, [request.modelId]);
    return {};
  },
);
