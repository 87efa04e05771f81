import { rpc } from '../../rpc/rpc.ts';
import { patchTags } from './patch-tags.ts';

export const PatchModelUseCases = rpc(
  'PatchModelUseCases',
  { scope: 'app', missing: 'model' },
  async (call, request) => ({
    usecases: await patchTags(call, request, 'useCases', request.usecases),
  }),
);
