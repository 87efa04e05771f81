import { type Query, type Search, Search_Metric } from '@limpid/wire';
import { invalidArgument, notImplemented } from '@limpid/wire/status';
import { type Algorithm, algorithms, type SearchTerm } from './ast.ts';
import { readAnd } from './read-and.ts';
import { languageOf } from './read-concepts.ts';
import { readFilter } from './read-filter.ts';
import { readRank } from './read-rank.ts';

/** Each is a condition of the one statement that the database plans. */
const MAX_FILTERS = 64;
const MAX_RANKS = 16;

const metrics: { readonly [M in Search_Metric]: SearchTerm['metric'] } = {
  [Search_Metric.METRIC_NOT_SET]: 'euclidean',
  [Search_Metric.EUCLIDEAN_DISTANCE]: 'euclidean',
  [Search_Metric.COSINE_DISTANCE]: 'cosine',
};

/** What a search asks for, whether it is run now or saved to be run later. */
export function readSearch(search: Search, at = 'searches[0]'): SearchTerm {
  if (search.asOf) throw notImplemented('searching the past (as_of)');
  const metric = metrics[search.metric];
  if (!metric) throw invalidArgument(`${at}.metric ${search.metric} is not known`, 'search');
  if (!(search.minValue >= 0 && search.minValue <= 1)) {
    throw invalidArgument(`${at}.min_value must be from 0 to 1`, 'search');
  }
  return {
    ...readQuery(search.query, `${at}.query`),
    algorithm: readAlgorithm(search.algorithm, at),
    metric,
    minValue: search.minValue,
  };
}

/** The same of a search that stands where hits have no order. */
export function readFiltering(search: Search, at: string): SearchTerm {
  const term = readSearch(search, at);
  if (term.ranks.length > 0) throw invalidArgument(`${at} may filter, and not rank`, 'search');
  return term;
}

function readAlgorithm(given: string, at: string): Algorithm {
  if (given === '') return 'nearest_neighbor';
  const found = algorithms.find((algorithm) => algorithm === given);
  if (!found)
    throw invalidArgument(`${at}.algorithm must be one of ${algorithms.join(', ')}`, 'search');
  return found;
}

/** The query alone, with everything else by default. */
export function readQuery(
  query: Query | undefined,
  at = 'query',
): Pick<SearchTerm, 'filters' | 'ranks' | 'language'> {
  const { ands = [], filters = [], ranks = [], language = '' } = query ?? {};
  const older = ands.map((and, i) => readAnd(and, `${at}.ands[${i}]`));
  const read = {
    filters: [
      ...filters.flatMap((filter, i) => readFilter(filter, `${at}.filters[${i}]`) ?? []),
      ...older.flatMap((terms) => terms.filters),
    ],
    ranks: [
      ...ranks.flatMap((rank, i) => readRank(rank, `${at}.ranks[${i}]`)),
      ...older.flatMap((terms) => terms.ranks),
    ],
    language: languageOf(language),
  };
  if (read.filters.length > MAX_FILTERS) {
    throw invalidArgument(`${at} has more than ${MAX_FILTERS} filters`, 'search');
  }
  if (read.ranks.length > MAX_RANKS) {
    throw invalidArgument(`${at} has more than ${MAX_RANKS} ranks`, 'search');
  }
  return read;
}
