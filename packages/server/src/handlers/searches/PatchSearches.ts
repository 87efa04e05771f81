import { rpc } from '../../rpc/rpc.ts';
import { patchSearches } from './save-searches.ts';

/** Changes saved searches, all or none. */
export const PatchSearches = rpc('PatchSearches', { scope: 'app' }, async (call, request) => {
  return { searches: await patchSearches(call, request) };
});
