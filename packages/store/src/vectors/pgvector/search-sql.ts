import type { Metric, VectorQuery } from '../vectors.ts';
import { tableOf } from './tables.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Lower is nearer, for every metric. A vector of length 0 has no angle: pgvector answers NaN, we count it as 90 degrees. */
const DISTANCES: Record<Metric, string> = {
  cosine: "coalesce(nullif(embedding <=> $1::vector, 'NaN'), 1)",
  inner: 'embedding <#> $1::vector',
  euclidean: 'embedding <-> $1::vector',
};

const SCORES: Record<Metric, string> = {
  cosine: '1 - distance',
  inner: '-distance',
  euclidean: 'distance',
};

/** Compares with every document that passes. The materialised list keeps the planner off the index. */
export function exactSearch(space: string, query: VectorQuery): Statement {
  const { where, values } = conditions(query);
  const metric = query.metric ?? 'cosine';
  const distinct = query.distinct
    ? 'SELECT DISTINCT ON (input) * FROM measured ORDER BY input, distance, key'
    : 'SELECT * FROM measured';
  return {
    text: `WITH passing AS MATERIALIZED (
             SELECT key, input, embedding FROM ${tableOf(space)} WHERE ${where}),
           measured AS (SELECT key, input, ${DISTANCES[metric]} AS distance FROM passing),
           kept AS (${distinct})
           SELECT key, input, ${SCORES[metric]} AS score FROM kept ORDER BY distance, key LIMIT $3`,
    values,
  };
}

/** Walks the index until enough pass the filter; `fetch` of them are ranked by their full vectors. */
export function indexSearch(
  space: string,
  query: VectorQuery,
  dimensions: number,
  fetch: number,
): Statement {
  const { where, values } = conditions({ ...query, k: fetch });
  return {
    text: `WITH near AS MATERIALIZED (
             SELECT key, input, embedding FROM ${tableOf(space)} WHERE ${where}
             ORDER BY embedding::halfvec(${dimensions}) <=> $1::halfvec(${dimensions}) LIMIT $3)
           SELECT key, input, 1 - (embedding <=> $1::vector) AS score FROM near ORDER BY score DESC, key`,
    values,
  };
}

/** $1 the vector, $2 the app, $3 the number of rows. */
function conditions({ vector, app, k, filter = {} }: VectorQuery) {
  const values: unknown[] = [vectorText(vector), String(app), k];
  const parts = ['app = $2::bigint'];
  const add = (condition: (place: string) => string, value: unknown) => {
    values.push(value);
    parts.push(condition(`$${values.length}`));
  };
  const { kinds, only, except } = filter;
  if (kinds) add((place) => `kind = ANY(${place}::smallint[])`, [...kinds]);
  if (only) add((place) => `${only.by} = ANY(${place}::bigint[])`, texts(only.values));
  if (except) add((place) => `${except.by} <> ALL(${place}::bigint[])`, texts(except.values));
  return { where: parts.join(' AND '), values };
}

export function vectorText(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}

const texts = (keys: BigUint64Array) => Array.from(keys, String);
