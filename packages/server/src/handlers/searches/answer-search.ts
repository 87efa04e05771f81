// What the three ways to search have in common.
import { pageOf, searchPages } from '@limpid/domain/page';
import type { SearchTerm } from '@limpid/domain/query/ast';
import { readSearch } from '@limpid/domain/query/read-search';
import { insertUsage } from '@limpid/store/db/usage';
import {
  create,
  HitCountSchema,
  invalidArgument,
  type MultiSearchResponse,
  newHexId,
  notFound,
  type Query,
  type Search,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { countHits, runSearch } from '../../flows/search/run.ts';
import { hitMessages } from './hit-message.ts';

interface Paged {
  readonly pagination?: { readonly page: number; readonly perPage: number } | undefined;
}

type Unit = 'input' | 'annotation';
type Answer = Partial<
  Pick<MultiSearchResponse, 'id' | 'hits' | 'searches' | 'hitCounts' | 'query'>
>;

/** Runs the one search of a request. */
export async function answerSearch(
  call: Call<'app'>,
  unit: Unit,
  { searches, pagination }: Paged & { readonly searches: readonly Search[] },
): Promise<Answer> {
  const [search] = searches;
  if (!search) throw invalidArgument('searches is empty', 'search');
  if (searches.length > 1) throw invalidArgument('give one search', 'search');
  refuseSaved(search);
  const hits = await hitsOf(call, unit, readSearch(search), pagination);
  return { ...hits, searches: [withoutBytes(search)] };
}

export async function hitsOf(
  call: Call<'app'>,
  unit: Unit,
  term: SearchTerm,
  pagination: Paged['pagination'],
): Promise<Answer> {
  const page = pageOf(pagination, searchPages);
  const hits = await runSearch(call, { unit, term }, page);
  const { deps, scope } = call;
  const [messages] = await Promise.all([hitMessages(deps, scope, hits), noteUse(call, 1)]);
  return { id: newHexId(deps.random), hits: messages };
}

/** How many hits each search has. */
export async function answerCounts(
  call: Call<'app'>,
  unit: Unit,
  searches: readonly Search[],
): Promise<Answer> {
  if (searches.length === 0) throw invalidArgument('searches is empty', 'search');
  if (searches.length > MAX_COUNTS) {
    throw invalidArgument(`give at most ${MAX_COUNTS} searches`, 'search');
  }
  const terms = searches.map((search, index) => {
    refuseSaved(search);
    return readSearch(search, `searches[${index}]`);
  });
  const hitCounts = [];
  for (const term of terms) {
    const estimatedTotal = await countHits(call, { unit, term });
    hitCounts.push(create(HitCountSchema, { estimatedTotal }));
  }
  await noteUse(call, searches.length);
  return { id: newHexId(call.deps.random), hitCounts, searches: searches.map(withoutBytes) };
}

const MAX_COUNTS = 16;
/** Beside the parts that models have in the same request. */
const OWN_PART = -1;

async function noteUse({ deps, reqId, caller, scope }: Call<'app'>, quantity: number) {
  await insertUsage(deps.db, {
    requestId: reqId,
    ordinal: OWN_PART,
    userKey: caller.userKey,
    appKey: scope.appKey,
    modelVersion: null,
    operation: 'search',
    quantity,
  });
}

/** An id without a query names a search that was saved; there are none. */
function refuseSaved({ id, query }: Search): void {
  if (id && !query) throw notFound(`search '${id.slice(0, 80)}' does not exist`);
}

/** The search as it was sent, but for pictures. */
function withoutBytes(search: Search): Search {
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
