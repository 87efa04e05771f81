import { rpc } from '../../rpc/rpc.ts';
import { patchTags } from './patch-tags.ts';

export const PatchModelLanguages = rpc(
  'PatchModelLanguages',
  { scope: 'app', missing: 'model' },
  async (call, request) => ({
    languages: await patchTags(call, request, 'languages', request.languages),
  }),
);
