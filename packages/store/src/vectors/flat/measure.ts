import type { Metric } from '../vectors.ts';

/** How a metric orders by what the codes give: products, and the lengths of the vectors. */
export interface Measure {
  /** Higher is better. */
  score(product: number, norm: number): number;
  /** What an error of 1 in the cosine does to the score. */
  weight(norm: number): number;
}

export function measureOf(metric: Metric, queryNorm: number): Measure {
  switch (metric) {
    case 'cosine':
      return {
        score: (product, norm) => (norm * queryNorm > 0 ? product / (norm * queryNorm) : 0),
        weight: () => 1,
      };
    case 'inner':
      return { score: (product) => product, weight: (norm) => norm * queryNorm };
    case 'euclidean':
      return {
        score: (product, norm) => 2 * product - norm * norm,
        weight: (norm) => 2 * norm * queryNorm,
      };
    default:
      return metric satisfies never;
  }
}

/** The value that is answered, from full-precision vectors of one size. */
export function exactValue(metric: Metric, a: Float32Array, b: Float32Array): number {
  switch (metric) {
    case 'cosine':
      return cosine(a, b);
    case 'inner':
      return inner(a, b);
    case 'euclidean':
      return distance(a, b);
    default:
      return metric satisfies never;
  }
}

/** Whether the lower value is the better one. */
export function isAscending(metric: Metric): boolean {
  return metric === 'euclidean';
}

function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = Math.sqrt(inner(a, a) * inner(b, b));
  return lengths > 0 ? Math.max(-1, Math.min(1, inner(a, b) / lengths)) : 0;
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(sum);
}
