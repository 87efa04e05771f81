import { pageOf } from '@limpid/domain/page';
import { listSearches } from '@limpid/store/db/saved-searches';
import { rpc } from '../../rpc/rpc.ts';
import { searchMessage, withoutBytes } from './search-message.ts';

/** Saved searches in the order in which they were saved, but for the bytes of pictures. */
export const ListSearches = rpc('ListSearches', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const rows = await listSearches(deps.db, scope, pageOf(request));
  return { searches: rows.map((row) => withoutBytes(searchMessage(scope, row))) };
});
