import { rpc } from '../../rpc/rpc.ts';
import { answerSearch } from './answer-search.ts';
import { requireSearch, searchMessage } from './search-message.ts';

/** Runs a saved search: its hits are what the call that saved it would have found. */
export const PostSearchesByID = rpc('PostSearchesByID', { scope: 'app' }, async (call, request) => {
  const row = await requireSearch(call.deps.db, call.scope, request.id);
  return await answerSearch(call, row.unit, searchMessage(call.scope, row), request.pagination);
});
