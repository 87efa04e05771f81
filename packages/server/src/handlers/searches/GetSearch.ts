import { rpc } from '../../rpc/rpc.ts';
import { requireSearch, searchMessage } from './search-message.ts';

/** A saved search, whole. */
export const GetSearch = rpc('GetSearch', { scope: 'app' }, async ({ deps, scope }, request) => {
  return { search: searchMessage(scope, await requireSearch(deps.db, scope, request.id)) };
});
