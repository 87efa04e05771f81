// Scores as clients see them: 1 for the same, 0.5 for unrelated, towards 0 for the opposite.
import type { SearchTerm } from './ast.ts';

/**
 * The score of what an index measured: a cosine (-1 to 1), or a Euclidean distance. Vectors of unit length at a right
 * angle or nearer get the same score from both; farther than that, distances of any size still get scores in order.
 */
export function scoreOf(metric: SearchTerm['metric'], measured: number): number {
  if (metric === 'cosine') return clamp((1 + measured) / 2);
  const square = measured * measured;
  return square <= 2 ? 1 - square / 4 : 1 / square;
}

/** How well a concept's value answers the wanted one: 0 asks for its absence. */
export function conceptScore(wanted: number, value: number): number {
  return clamp(asksForPresence(wanted) ? value : 1 - value);
}

export function asksForPresence(wanted: number): boolean {
  return wanted >= 0.5;
}

/** The score of a hit by those of its ranks: low where one is low, and on the scale of a single one. */
export function combineScores(scores: readonly number[]): number {
  if (scores.length === 0) return 1;
  const product = scores.reduce((all, score) => all * score, 1);
  return scores.length === 1 ? product : product ** (1 / scores.length);
}

/** Compared as the 32-bit numbers that go over the wire, so that a score that was read can be asked for. */
export function reaches(score: number, minValue: number): boolean {
  return Math.fround(score) >= Math.fround(minValue);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
