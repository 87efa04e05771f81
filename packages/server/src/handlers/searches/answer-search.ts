// What the three ways to search have in common.
import { pageOf, searchPages } from '@limpid/domain/page';
import type { SearchTerm } from '@limpid/domain/query/ast';
import { readSearch } from '@limpid/domain/query/read-search';
import { noteUsage } from '@limpid/store/db/usage';
import {
  create,
  HitCountSchema,
  invalidArgument,
  type MultiSearchResponse,
  newHexId,
  type Search,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { countHits, runSearch } from '../../flows/search/run.ts';
import { hitMessages } from './hit-message.ts';
import { saveSearches } from './save-searches.ts';
import { searchMeant, withoutBytes } from './search-message.ts';

interface Paged {
  readonly pagination?: { readonly page: number; readonly perPage: number } | undefined;
}

type Unit = 'input' | 'annotation';
type Answer = Partial<
  Pick<MultiSearchResponse, 'id' | 'hits' | 'searches' | 'hitCounts' | 'query'>
>;

interface Asked extends Paged {
  readonly searches: readonly Search[];
  readonly onlyCount?: boolean;
}

/** Saves the searches of a request, counts their hits, or runs the one that it has. */
export async function answerSearches(
  call: Call<'app'>,
  unit: Unit,
  { searches, pagination, onlyCount = false }: Asked,
): Promise<Answer> {
  if (searches.some(({ save }) => save)) {
    return { id: newHexId(call.deps.random), searches: await saveSearches(call, unit, searches) };
  }
  if (onlyCount) return await answerCounts(call, unit, searches);
  const [search] = searches;
  if (!search) throw invalidArgument('searches is empty', 'search');
  if (searches.length > 1) throw invalidArgument('give one search', 'search');
  return await answerSearch(
    call,
    unit,
    await searchMeant(call.deps.db, call.scope, search),
    pagination,
  );
}

export async function answerSearch(
  call: Call<'app'>,
  unit: Unit,
  search: Search,
  pagination: Paged['pagination'],
): Promise<Answer> {
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
  const found = await runSearch(call, { unit, term }, page);
  const hits = await hitMessages(call, found);
  noteUse(call, 1);
  return { id: newHexId(call.deps.random), hits };
}

/** How many hits each search has. */
async function answerCounts(
  call: Call<'app'>,
  unit: Unit,
  searches: readonly Search[],
): Promise<Answer> {
  if (searches.length === 0) throw invalidArgument('searches is empty', 'search');
  if (searches.length > MAX_COUNTS) {
    throw invalidArgument(`give at most ${MAX_COUNTS} searches`, 'search');
  }
  const { deps, scope } = call;
  const meant = await Promise.all(searches.map((search) => searchMeant(deps.db, scope, search)));
  const terms = meant.map((search, index) => readSearch(search, `searches[${index}]`));
  const hitCounts = [];
  for (const term of terms) {
    const estimatedTotal = await countHits(call, { unit, term });
    hitCounts.push(create(HitCountSchema, { estimatedTotal }));
  }
  noteUse(call, searches.length);
  return { id: newHexId(deps.random), hitCounts, searches: meant.map(withoutBytes) };
}

const MAX_COUNTS = 16;
/** Beside the parts that models have in the same request. */
const OWN_PART = -1;

function noteUse({ deps, reqId, caller, scope }: Call<'app'>, quantity: number) {
  noteUsage(deps.db, {
    requestId: reqId,
    ordinal: OWN_PART,
    userKey: caller.userKey,
    appKey: scope.appKey,
    modelVersion: null,
    operation: 'search',
    quantity,
  });
}
