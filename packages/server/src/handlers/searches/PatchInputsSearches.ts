import { rpc } from '../../rpc/rpc.ts';
import { patchSearches } from './save-searches.ts';

/** Changes saved searches for inputs, all or none. */
export const PatchInputsSearches = rpc(
  'PatchInputsSearches',
  { scope: 'app' },
  async (call, request) => {
    return { searches: await patchSearches(call, request, 'input') };
  },
);
