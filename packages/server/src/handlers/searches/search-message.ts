import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { PRIVATE } from '@limpid/domain/access/visibility';
import { readSearch } from '@limpid/domain/query/read-search';
import type { Db } from '@limpid/store';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import { getSearches, type SearchFields, type SearchRow } from '@limpid/store/db/saved-searches';
import {
  create,
  invalidArgument,
  notFound,
  type Query,
  type Search,
  SearchSchema,
  type StatusError,
  VisibilitySchema,
} from '@limpid/wire';

const COLUMNS = [
  'id',
  'applicationId',
  'visibility',
  'createdAt',
  'modifiedAt',
  'save',
  'gitHash',
] as const;
/** Lists hold many of them. A picture that is larger has a URL, or is an input of the app. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A saved search as clients see it. */
export function searchMessage(
  scope: AppScope,
  row: Pick<SearchRow, 'id' | 'visibility' | 'body' | 'created_at' | 'modified_at'>,
): Search {
  const search = readDoc(SearchSchema, row.body);
  search.id = row.id;
  search.applicationId = scope.appId;
  search.visibility = create(VisibilitySchema, { gettable: row.visibility });
  search.createdAt = timestampFromDate(row.created_at);
  search.modifiedAt = timestampFromDate(row.modified_at);
  return search;
}

/** Checks a search that is to be stored, as if it were run, and splits it into columns and body. */
export function storedSearch(search: Search, at: string): SearchFields {
  readSearch(search, at);
  const body = writeDoc(SearchSchema, search, { omit: COLUMNS });
  if (Buffer.byteLength(body) > MAX_BYTES) {
    throw invalidArgument(`${at} is larger than ${MAX_BYTES} bytes and can't be saved`, 'search');
  }
  return { visibility: search.visibility?.gettable || PRIVATE, body };
}

export async function requireSearch(db: Db, scope: AppScope, id: string): Promise<SearchRow> {
  const [row] = await getSearches(db, scope, [id]);
  if (!row) throw noSearch(id);
  return row;
}

export function noSearch(id: string): StatusError {
  return notFound(`search '${id.slice(0, 80)}' does not exist`);
}

/** The search that is meant: an id without a query names one that was saved. */
export async function searchMeant(db: Db, scope: AppScope, search: Search): Promise<Search> {
  if (!search.id || search.query) return search;
  return searchMessage(scope, await requireSearch(db, scope, search.id));
}

/** The search without the bytes of its pictures. */
export function withoutBytes(search: Search): Search {
  if (search.query) dropBytes(search.query);
  return search;
}

export function dropBytes(query: Query): Query {
  for (const { annotation } of query.ranks) {
    if (annotation?.data?.image) annotation.data.image.base64 = new Uint8Array();
  }
  for (const { output } of query.ands) {
    if (output?.input?.data?.image) output.input.data.image.base64 = new Uint8Array();
  }
  return query;
}
