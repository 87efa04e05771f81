import type { SearchTerm } from '@limpid/domain/query/ast';
import { readQuery, readSearch } from '@limpid/domain/query/read-search';
import { create, SearchSchema } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { answerSearches, hitsOf } from './answer-search.ts';
import { dropBytes } from './search-message.ts';

/** The older form, whose query may stand in the request itself. Looks for inputs. */
export const PostSearches = rpc('PostSearches', { scope: 'app' }, async (call, request) => {
  const { query, pagination } = request;
  if (request.searches.length > 0) return await answerSearches(call, 'input', request);
  const term: SearchTerm = { ...readSearch(create(SearchSchema)), ...readQuery(query) };
  const hits = await hitsOf(call, 'input', term, pagination);
  return query ? { ...hits, query: dropBytes(query) } : hits;
});
