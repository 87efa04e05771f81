import { rpc } from '../../rpc/rpc.ts';
import { patchTags } from './patch-tags.ts';

export const PatchModelToolkits = rpc(
  'PatchModelToolkits',
  { scope: 'app', missing: 'model' },
  async (call, request) => ({
    toolkits: await patchTags(call, request, 'toolkits', request.toolkits),
  }),
);
