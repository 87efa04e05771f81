import { rpc } from '../../rpc/rpc.ts';
import { patchTags } from './patch-tags.ts';

export const PatchModelCheckConsents = rpc(
  'PatchModelCheckConsents',
  { scope: 'app', missing: 'model' },
  async (call, request) => ({
    checkConsents: await patchTags(call, request, 'checkConsents', request.checkConsents),
  }),
);
