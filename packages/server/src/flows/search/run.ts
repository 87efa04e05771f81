// A search: 1. what it means here (plan); 2. what fits the filters, in the order of the ranks; 3. one page of it, each
// hit with the annotation that it is a hit by.
import type { Page } from '@limpid/domain/page';
import type { SearchTerm } from '@limpid/domain/query/ast';
import { reaches } from '@limpid/domain/query/score';
import type { HitPart } from '@limpid/store/db/search-hits';
import { countMatches, listAnnotationMatches, pageMatches } from '@limpid/store/db/searches';
import { MAX_K } from '@limpid/store/vectors/vectors';
import type { Call } from '../../call.ts';
import { annotateHits } from './annotate.ts';
import { byRunner } from './embed-query.ts';
import { openContext, type SearchContext, type SearchNeeds } from './needs.ts';
import { type Plan, planSearch } from './plan.ts';
import { rankInputs } from './rank.ts';

/** A hit of which it is not known yet what in it made it one. */
export interface BareHit {
  readonly inputKey: bigint;
  readonly score: number;
  /** The annotation that was looked for. */
  readonly annotationKey: bigint | null;
  /** The vector that came nearest. */
  readonly embeddingKey: bigint | null;
}

export interface SearchRequest {
  /** What a client looks for. An input is one hit at most. */
  readonly unit: 'input' | 'annotation';
  readonly term: SearchTerm;
}

/** What was found; what in each of them it was can be asked for while the inputs are read. */
export interface Found {
  readonly hits: readonly BareHit[];
  /** One for each hit. */
  annotate(): Promise<HitPart[]>;
}

export async function runSearch(
  call: Call<'app'>,
  { unit, term }: SearchRequest,
  page: Page,
  needs: SearchNeeds = byRunner,
): Promise<Found> {
  const context = openContext(call, needs);
  const plan = await planSearch(context, unit, term);
  const hits = isRanked(plan)
    ? await rankedPage(context, plan, unit, page)
    : await plainPage(call, plan, page);
  return { hits, annotate: () => annotateHits(call, plan, hits) };
}

/** About how many hits there are, beyond the page as well. */
export async function countHits(
  call: Call<'app'>,
  { unit, term }: SearchRequest,
  needs: SearchNeeds = byRunner,
): Promise<bigint> {
  const context = openContext(call, needs);
  const plan = await planSearch(context, unit, term);
  if (!isRanked(plan)) return await countPlain(call, plan);
  const ranked = await rankInputs(context, plan, { count: MAX_K, distinct: unit === 'input' });
  if (plan.matching.unit === 'input') return BigInt(ranked.length);
  return BigInt((await spread(call, plan, ranked)).length);
}

function isRanked({ concepts, vectors }: Plan): boolean {
  return concepts.length + vectors.length > 0;
}

/** Without a rank all hits are equally good, and come in the order in which they were made. */
async function plainPage(call: Call<'app'>, plan: Plan, page: Page): Promise<BareHit[]> {
  if (!reaches(1, plan.minValue)) return [];
  const matches = await pageMatches(call.deps.db, call.scope, plan.matching, page);
  return matches.map((match) => ({ ...match, score: 1, embeddingKey: null }));
}

async function countPlain(call: Call<'app'>, plan: Plan): Promise<bigint> {
  return await countMatches(call.deps.db, call.scope, plan.matching);
}

async function rankedPage(
  context: SearchContext,
  plan: Plan,
  unit: SearchRequest['unit'],
  { offset, limit }: Page,
): Promise<BareHit[]> {
  const distinct = unit === 'input' || plan.matching.unit === 'annotation';
  const ranked = await rankInputs(context, plan, { count: offset + limit, distinct });
  const hits =
    plan.matching.unit === 'annotation'
      ? await spread(context.call, plan, ranked)
      : ranked.map((one) => ({ ...one, annotationKey: null }));
  return hits.slice(offset, offset + limit);
}

type RankedInput = Omit<BareHit, 'annotationKey'>;

/** Every annotation that was looked for, in the order of its input. */
async function spread(
  call: Call<'app'>,
  { matching }: Plan,
  ranked: readonly RankedInput[],
): Promise<BareHit[]> {
  const keys = ranked.map(({ inputKey }) => inputKey);
  const matches = await listAnnotationMatches(call.deps.db, call.scope, matching.filters, keys);
  const byInput = new Map<bigint, bigint[]>();
  for (const { inputKey, annotationKey } of matches) {
    if (annotationKey !== null)
      byInput.set(inputKey, [...(byInput.get(inputKey) ?? []), annotationKey]);
  }
  return ranked.flatMap((one) =>
    (byInput.get(one.inputKey) ?? []).map((annotationKey) => ({ ...one, annotationKey })),
  );
}
