// What is searched, and the true answers: vectors like those of photographs, and for each case the inputs it leaves.
import type { FilterSchema, MessageInitShape } from '@limpid/wire';
import { createClustered } from '../../packages/store/src/vectors/clustered.ts';

export const DIMENSIONS = 1280;
export const QUERIES = 100;
export const K = 10;

/** A filter, as a client sends it, and what it leaves: every so many'th input. */
export interface Case {
  readonly name: string;
  readonly every: number;
  readonly filters: readonly MessageInitShape<typeof FilterSchema>[];
}

/** The n'th of `every` groups of inputs, of equal size; membership says nothing about what a picture shows. */
export const groupOf = (index: number, every: number): number => index % every;
export const GROUPS = [20, 100] as const;

export const cases: readonly Case[] = [
  { name: 'no filter', every: 1, filters: [] },
  ...GROUPS.flatMap((every): Case[] => [
    {
      name: `concept, ${100 / every}%`,
      every,
      filters: [{ annotation: { data: { concepts: [{ id: `of-${every}-0`, value: 1 }] } } }],
    },
    {
      name: `metadata, ${100 / every}%`,
      every,
      filters: [{ annotation: { data: { metadata: { [`of_${every}`]: 0 } } } }],
    },
    {
      name: `dataset, ${100 / every}%`,
      every,
      filters: [{ input: { datasetIds: [`of-${every}-0`] } }],
    },
  ]),
];

export interface SearchData {
  readonly vectors: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
  /** For each query, the indexes of its nearest neighbours among every so many'th input. */
  readonly truth: ReadonlyMap<number, readonly ReadonlySet<number>[]>;
}

export function makeData(count: number): SearchData {
  const options = { dimensions: DIMENSIONS, count, queries: QUERIES, seed: 1 };
  const { vectors, queries } = createClustered(options);
  const scores = queries.map((query) => vectors.map((vector) => product(query, vector)));
  const truth = new Map(
    [1, ...GROUPS].map((every) => [every, scores.map((each) => best(each, every))]),
  );
  return { vectors, queries, truth };
}

/** All vectors have length 1: their product is the cosine. */
function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function best(scores: readonly number[], every: number): Set<number> {
  const top: number[] = [];
  const least = () => scores[top[K - 1] ?? -1] ?? Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i += every) {
    if ((scores[i] ?? 0) <= least()) continue;
    top.push(i);
    top.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    top.length = Math.min(top.length, K);
  }
  return new Set(top);
}
