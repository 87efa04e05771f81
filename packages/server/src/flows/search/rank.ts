// Inputs in the order of a search's ranks.
import { combineScores, reaches } from '@limpid/domain/query/score';
import { rankByConcepts, scoreByConcepts } from '@limpid/store/db/search-ranks';
import { MAX_K } from '@limpid/store/vectors/vectors';
import type { Call } from '../../call.ts';
import { findNearest, type Near } from './nearest.ts';
import type { SearchContext } from './needs.ts';
import type { Plan } from './plan.ts';
import type { QueryVector } from './query-vector.ts';
import { placeOf, type Within, withinInputs } from './within.ts';

export interface Ranked {
  readonly inputKey: bigint;
  readonly score: number;
  /** The vector that came nearest. */
  readonly embeddingKey: bigint | null;
}

export interface RankRequest {
  /** The best so many. */
  readonly count: number;
  /** Each input once; else every region of it that was embedded, where there is one rank. */
  readonly distinct: boolean;
}

/** Best first. At least one rank is needed. */
export async function rankInputs(
  context: SearchContext,
  plan: Plan,
  request: RankRequest,
): Promise<Ranked[]> {
  const [first, ...others] = plan.vectors;
  if (!first) return await rankConcepts(context.call, plan, request.count);
  const isSingle = others.length === 0 && plan.concepts.length === 0;
  if (isSingle) {
    const found = await nearestOf(context, plan, first, plan.within, request);
    return found.filter(({ score }) => reaches(score, plan.minValue));
  }
  return await rankTogether(context, plan, first, others, request.count);
}

async function rankConcepts(call: Call<'app'>, plan: Plan, count: number): Promise<Ranked[]> {
  const { matching, concepts, minValue } = plan;
  const window = { offset: 0, limit: count, minValue };
  const found = await rankByConcepts(call.deps.db, call.scope, matching, concepts, window);
  return found.map((one) => ({ ...one, embeddingKey: null }));
}

/**
 * Several ranks: each narrows what the next looks at. The nearest MAX_K inputs of one vector are all that a score is
 * worked out for.
 */
async function rankTogether(
  context: SearchContext,
  plan: Plan,
  first: QueryVector,
  others: readonly QueryVector[],
  count: number,
): Promise<Ranked[]> {
  const { start, within } = await conceptScores(context.call, plan);
  const all: RankRequest = { count: MAX_K, distinct: true };
  let narrowed = within;
  let scored: { readonly near: Near; readonly scores: readonly number[] }[] = [];
  for (const [index, query] of [first, ...others].entries()) {
    const inputs = narrowed;
    const found = await nearestOf(context, plan, query, async () => inputs, all);
    const earlier = new Map(scored.map((one) => [one.near.inputKey, one]));
    scored = found.map((near) => {
      const before = index === 0 ? undefined : earlier.get(near.inputKey);
      const scores = before?.scores ?? start(near.inputKey);
      return { near: before?.near ?? near, scores: [...scores, near.score] };
    });
    narrowed = withinInputs(BigUint64Array.from(scored, ({ near }) => near.inputKey));
  }
  const ranked = scored.map(({ near, scores }) => ({ ...near, score: meanOf(scores, plan) }));
  ranked.sort((a, b) => b.score - a.score || (a.inputKey < b.inputKey ? -1 : 1));
  const isHit = ({ score }: Ranked) => score > 0 && reaches(score, plan.minValue);
  return ranked.filter(isHit).slice(0, count);
}

/** What concepts say of each input, as a list of scores to be combined, and the inputs that may still be hits. */
async function conceptScores(
  call: Call<'app'>,
  plan: Plan,
): Promise<{ start: (inputKey: bigint) => readonly number[]; within: Within }> {
  const { db } = call.deps;
  if (plan.concepts.length === 0) {
    return { start: () => [], within: await plan.within() };
  }
  const { keys, scores } = await scoreByConcepts(db, call.scope, plan.matching, plan.concepts);
  // One number stands for all concept ranks: their mean, which counts as often as they are.
  const start = (inputKey: bigint) => plan.concepts.map(() => scores[placeOf(keys, inputKey)] ?? 0);
  return { start, within: withinInputs(keys) };
}

function meanOf(scores: readonly number[], plan: Plan): number {
  const missing = plan.concepts.length + plan.vectors.length - scores.length;
  return missing > 0 ? 0 : combineScores(scores);
}

function nearestOf(
  context: SearchContext,
  { metric, exact }: Plan,
  query: QueryVector,
  within: () => Promise<Within>,
  { count, distinct }: RankRequest,
): Promise<Near[]> {
  return findNearest(context, { ...query, metric, exact, within, count, distinct });
}
