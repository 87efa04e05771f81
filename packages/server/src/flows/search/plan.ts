// From what a search says to what it means in this app: names become keys, queries become vectors.
import type { AppScope } from '@limpid/domain/access/authority';
import type {
  AnnotationTest,
  FilterTerm,
  RankTerm,
  SearchTerm,
  WantedConcept,
} from '@limpid/domain/query/ast';
import { asksForPresence } from '@limpid/domain/query/score';
import type { Db } from '@limpid/store';
import type { Known } from '@limpid/store/db/known';
import { type FoundConcept, findConceptSets } from '@limpid/store/db/search-concepts';
import type { ConceptSet } from '@limpid/store/db/search-conditions';
import type { Filters } from '@limpid/store/db/search-filters';
import type { ConceptRank } from '@limpid/store/db/search-ranks';
import type { Matching } from '@limpid/store/db/searches';
import { invalidArgument } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { once, type SearchContext } from './needs.ts';
import { type QueryVector, resolveVector } from './query-vector.ts';
import { type Within, withinMatches } from './within.ts';

export interface Plan {
  readonly matching: Matching;
  readonly concepts: readonly ConceptRank[];
  readonly vectors: readonly QueryVector[];
  /** The inputs that the filters leave, for ranks by vectors alone. Asked for once, as early as may be. */
  readonly within: () => Promise<Within>;
  readonly metric: SearchTerm['metric'];
  /** Vectors are compared one by one, as far as there are not too many. */
  readonly exact: boolean;
  readonly minValue: number;
}

export async function planSearch(
  context: SearchContext,
  unit: 'input' | 'annotation',
  term: SearchTerm,
): Promise<Plan> {
  const { deps, scope } = context.call;
  const place = filterPlace(context.call);
  // Needed for any vector, and nothing that is read before tells more about it.
  if (term.ranks.some(({ criterion }) => criterion.by !== 'concepts')) ask(context.spaces);
  const find = await findConcepts(place, term);
  const filters = resolveFilters(place, term, find);
  const matching = { unit: unitOf(unit, filters), filters };
  const within = once(() => withinMatches(deps.db, scope, matching));
  const concepts: ConceptRank[] = [];
  const vectors: QueryVector[] = [];
  for (const rank of term.ranks) {
    const sets = conceptsOf(rank).map((concept) => knownConcept(concept, find));
    if (sets.length > 0 && term.algorithm !== 'avg_concept_brute_force') {
      const { negate, modelVersionId } = rank;
      concepts.push({ anyOf: sets, negate, modelVersionId });
    } else {
      // Both read the database, and neither waits for the other.
      if (isAlone(term)) ask(within);
      vectors.push(await resolveVector(context, rank, sets));
    }
  }
  return {
    matching,
    concepts,
    vectors,
    within,
    metric: term.metric,
    exact: term.algorithm !== 'nearest_neighbor',
    minValue: term.minValue,
  };
}

/** Ahead of time; whoever needs it hears of its failure. */
function ask(later: () => Promise<unknown>): void {
  later().catch(() => undefined);
}

/** One rank, so that what it looks at depends on the filters alone. */
function isAlone({ ranks }: SearchTerm): boolean {
  return ranks.length === 1;
}

/**
 * Annotations are looked for where some filter says how they must be. Where none does, or filters only say how they
 * must not be, each input is one answer, by its annotation of the whole.
 */
function unitOf(unit: 'input' | 'annotation', filters: Filters): Matching['unit'] {
  const speaks = filters.some(({ negate, annotation }) => !negate && annotation.length > 0);
  return unit === 'annotation' && speaks ? 'annotation' : 'input';
}

/** Where a search looks, and who is `me` in it. */
export interface FilterPlace {
  readonly db: Db;
  readonly known: Known;
  readonly scope: AppScope;
  readonly userId: string;
}

export function filterPlace({ deps, known, scope, caller }: Call<'app'>): FilterPlace {
  return { db: deps.db, known, scope, userId: caller.userId };
}

/** The filters alone, for a search that has no ranks. */
export async function planFilters(place: FilterPlace, term: SearchTerm): Promise<Filters> {
  return resolveFilters(place, term, await findConcepts(place, term));
}

type Find = (concept: WantedConcept) => FoundConcept;

/** Looks all concepts of the search up at once. */
async function findConcepts(place: FilterPlace, term: SearchTerm): Promise<Find> {
  const wanted = [
    ...term.filters.flatMap(({ annotation }) => annotation.flatMap(conceptsNamed)),
    ...term.ranks.flatMap(conceptsOf),
  ];
  const found = wanted.length > 0 ? await conceptSets(place, wanted, term.language) : [];
  const byConcept = new Map(wanted.map((concept, index) => [concept, found[index]]));
  return (concept) => byConcept.get(concept) ?? { named: [], keys: [] };
}

/** Sets of so many concepts are kept between calls: kinds of a thing are few, those of anything are not. */
const FEW = 256;

async function conceptSets(
  { db, known, scope }: FilterPlace,
  wanted: readonly WantedConcept[],
  language: string,
): Promise<readonly FoundConcept[]> {
  const names = wanted.map((concept) => [concept.id, concept.name, concept.language]);
  const key = `concepts ${JSON.stringify([String(scope.appKey), language, names])}`;
  let found: readonly FoundConcept[] | undefined;
  const kept = await known.get(key, async () => {
    found = await findConceptSets(db, scope, wanted, language);
    return found.every(({ keys }) => keys.length <= FEW) ? found : undefined;
  });
  return kept ?? found ?? (await findConceptSets(db, scope, wanted, language));
}

function conceptsNamed(test: AnnotationTest): readonly WantedConcept[] {
  return test.is === 'concepts' ? test.anyOf : [];
}

function conceptsOf({ criterion }: RankTerm): readonly WantedConcept[] {
  return criterion.by === 'concepts' ? criterion.anyOf : [];
}

function resolveFilters(place: FilterPlace, { filters }: SearchTerm, find: Find): Filters {
  return filters.map((filter) => resolveFilter(place, filter, find));
}

function resolveFilter(
  { userId }: FilterPlace,
  filter: FilterTerm,
  find: Find,
): FilterTerm<ConceptSet> {
  const annotation = filter.annotation.map((test): AnnotationTest<ConceptSet> => {
    if (test.is === 'user' && test.id === 'me') return { ...test, id: userId };
    if (test.is !== 'concepts') return test;
    return { is: 'concepts', anyOf: test.anyOf.map((concept) => labelled(concept, find)) };
  });
  return { ...filter, annotation };
}

/** Who looks for animals finds dogs; who looks for what is no animal finds only where that was said. */
function labelled(concept: WantedConcept, find: Find): ConceptSet {
  const { named, keys } = find(concept);
  const { value } = concept;
  return { value, keys: asksForPresence(value) ? keys : named };
}

function knownConcept(concept: WantedConcept, find: Find): ConceptSet {
  const { keys } = find(concept);
  if (keys.length === 0) {
    const name = concept.id || concept.name;
    throw invalidArgument(`no concept '${name.slice(0, 80)}' is known to rank by`, 'search');
  }
  return { keys, value: concept.value };
}
