import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { readFiltering } from '@limpid/domain/query/read-search';
import type { Db, Tx } from '@limpid/store';
import {
  type AnnotationFilterRow,
  getAnnotationFilters,
} from '@limpid/store/db/annotation-filters';
import { holdSearch, type SearchRow } from '@limpid/store/db/saved-searches';
import {
  type AnnotationFilter,
  AnnotationFilterSchema,
  create,
  equals,
  invalidRequest,
  notFound,
  QuerySchema,
  type Search,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { addSearches, plannedSearch } from '../searches/save-searches.ts';
import { noSearch, searchMessage } from '../searches/search-message.ts';

/** A filter as clients see it, with its search whole. */
export function filterMessage(scope: AppScope, row: AnnotationFilterRow): AnnotationFilter {
  return create(AnnotationFilterSchema, {
    id: row.id,
    appId: scope.appId,
    userId: scope.userId,
    createdAt: timestampFromDate(row.created_at),
    modifiedAt: timestampFromDate(row.modified_at),
    search: searchMessage(scope, {
      id: row.search_id,
      visibility: row.search_visibility,
      body: row.search_body,
      created_at: row.search_created_at,
      modified_at: row.search_modified_at,
    }),
  });
}

export async function requireFilter(
  db: Db | Tx,
  scope: AppScope,
  id: string,
): Promise<AnnotationFilterRow> {
  const [row] = await getAnnotationFilters(db, scope, [id]);
  if (!row) throw notFound(`Annotation filter '${id.slice(0, 80)}' does not exist`);
  return row;
}

/** Key of the search that a filter is to hold: one that was saved, or a new one, which is saved with it. */
export async function heldSearch(
  tx: Tx,
  { deps, scope }: Call<'app'>,
  search: Search | undefined,
  at: string,
): Promise<bigint> {
  if (!search?.id && !search?.query) throw invalidRequest(`${at} is missing`);
  const saved = search.id ? await holdSearch(tx, scope, search.id, 'deletion') : undefined;
  if (saved) return keyOfSaved(scope, saved, search, at);
  if (!search.query) throw noSearch(search.id);
  readFiltering(search, at);
  const planned = plannedSearch(deps, 'annotation', search, at);
  // addSearches refuses what it does not add.
  return (await addSearches(tx, scope, [planned])).get(planned.id) as bigint;
}

/** A client that sends a whole filter back sends its search as well; another query is no way to change it. */
function keyOfSaved(scope: AppScope, saved: SearchRow, sent: Search, at: string): bigint {
  const message = searchMessage(scope, saved);
  readFiltering(message, at);
  const isSame = !sent.query || (message.query && equals(QuerySchema, sent.query, message.query));
  if (!isSame) throw invalidRequest(`search '${saved.id}' is saved with another query`);
  return saved.key;
}
