import { rpc } from '../../rpc/rpc.ts';
import { patchSearches } from './save-searches.ts';

/** Changes saved searches for annotations, all or none. */
export const PatchAnnotationsSearches = rpc(
  'PatchAnnotationsSearches',
  { scope: 'app' },
  async (call, request) => {
    return { searches: await patchSearches(call, request, 'annotation') };
  },
);
