import { countResources } from '@limpid/store/db/apps';
import { rpc } from '../../rpc/rpc.ts';

/** How much of everything the app holds. */
export const GetResourceCounts = rpc('GetResourceCounts', { scope: 'app' }, async (call) => {
  return await countResources(call.deps.db, call.scope);
});
