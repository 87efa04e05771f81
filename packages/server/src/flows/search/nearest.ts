// The vectors nearest to a query, as the rows have them at this moment: what the index holds, without what was deleted
// since, and with what it does not hold yet.
import { scoreOf } from '@limpid/domain/query/score';
import {
  getVectors,
  hasMoreVectors,
  readVectors,
  type StoredVector,
} from '@limpid/store/db/search-embeddings';
import { spaceName } from '@limpid/store/vectors/space-name';
import {
  MAX_K,
  VectorInputError,
  type VectorQuery,
  VectorsUnavailableError,
} from '@limpid/store/vectors/vectors';
import { invalidArgument, unavailable } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { measure } from './measure.ts';
import type { SearchContext } from './needs.ts';
import type { Plan } from './plan.ts';
import type { QueryVector } from './query-vector.ts';
import type { Within } from './within.ts';

export interface Near {
  readonly embeddingKey: bigint;
  readonly inputKey: bigint;
  readonly score: number;
}

export interface NearQuery extends QueryVector {
  readonly metric: Plan['metric'];
  readonly exact: boolean;
  /** Found out while vectors are read that it does not matter for. */
  readonly within: () => Promise<Within>;
  readonly count: number;
  /** Each input once, by its nearest vector. */
  readonly distinct: boolean;
}

/** Up to so many vectors of an app are compared one by one where a search asks for it. */
const MAX_EXACT = 20_000;
const BATCH = 1000;

/** Best first. */
export async function findNearest(
  { call, spaces }: SearchContext,
  query: NearQuery,
): Promise<Near[]> {
  const { deps, scope } = call;
  const isScanned = query.exact && !(await hasMoreVectors(deps.db, scope, query.space, MAX_EXACT));
  if (isScanned) return best(query, await scan(call, query, await query.within()));
  const [known, within] = await Promise.all([spaces(), query.within()]);
  const space = known.find((one) => one.space === query.space);
  if (!space) return [];
  const unindexed = await getVectors(deps.db, scope, space.waiting);
  const waiting = comparable(query, unindexed).filter((row) =>
    within.accepts(row.inputKey, row.kind),
  );
  // The index last: a vector that goes into it meanwhile is seen twice, and none is missed.
  const indexed = await askIndex(call, query, within, space.dead);
  return best(query, [...scored(query, waiting), ...indexed]);
}

function comparable({ vector }: NearQuery, rows: readonly StoredVector[]): StoredVector[] {
  return rows.filter((row) => row.vector.length === vector.length);
}

/** Euclidean distance has no opposite that an index could look for; in the order of angles it is that of cosines. */
function metricOf({ metric, negate }: NearQuery): Plan['metric'] {
  return negate ? 'cosine' : metric;
}

async function askIndex(
  { deps, scope }: Call<'app'>,
  query: NearQuery,
  { filter }: Within,
  dead: BigUint64Array,
): Promise<Near[]> {
  const metric = metricOf(query);
  const asked: Omit<VectorQuery, 'k'> = {
    app: scope.appKey,
    vector: query.negate ? query.vector.map((value) => -value) : query.vector,
    metric,
    distinct: query.distinct,
  };
  // A filter excludes by key or by input: where inputs are excluded already, what is dead is left out after.
  const isFree = dead.length > 0 && !filter.except;
  const except = isFree && { except: { by: 'key' as const, values: dead } };
  const gone = new Set(isFree ? [] : dead);
  try {
    const hits = await deps.vectors.query(spaceName(query.space), {
      ...asked,
      k: Math.min(query.count + gone.size, MAX_K),
      filter: { ...filter, ...except },
    });
    return hits
      .filter(({ key }) => !gone.has(key))
      .map(({ key, input, score }) => {
        return { embeddingKey: key, inputKey: input, score: scoreOf(metric, score) };
      });
  } catch (error) {
    throw readable(error);
  }
}

/** Compares rows one by one. */
async function scan(
  { deps, scope, signal }: Call<'app'>,
  query: NearQuery,
  { accepts }: Within,
): Promise<Near[]> {
  const { space } = query;
  const found: Near[] = [];
  let others = 0;
  let after = 0n;
  for (let seen = 0; seen <= MAX_EXACT; seen += BATCH) {
    signal.throwIfAborted();
    const rows = await readVectors(deps.db, scope, { space, after, limit: BATCH });
    const other = rows.find(({ vector }) => vector.length !== query.vector.length);
    others = other?.vector.length ?? others;
    const fitting = comparable(query, rows);
    found.push(
      ...scored(
        query,
        fitting.filter((row) => accepts(row.inputKey, row.kind)),
      ),
    );
    after = rows.at(-1)?.key ?? after;
    if (rows.length < BATCH) break;
  }
  if (others > 0 && found.length === 0) throw otherSize(query.vector.length, others);
  return found;
}

function scored(query: NearQuery, rows: readonly StoredVector[]): Near[] {
  const metric = metricOf(query);
  const near = rows.map(({ key, inputKey, vector }): Near => {
    const measured = measure(metric, query.vector, vector);
    const score = scoreOf(metric, query.negate ? -measured : measured);
    return { embeddingKey: key, inputKey, score };
  });
  // What is no number is a vector that the index will not take.
  return near.filter(({ score }) => !Number.isNaN(score));
}

function best({ count, distinct }: NearQuery, found: Near[]): Near[] {
  found.sort((a, b) => b.score - a.score || (a.embeddingKey < b.embeddingKey ? -1 : 1));
  const seen = new Set<bigint>();
  const kept: Near[] = [];
  for (const one of found) {
    const name = distinct ? one.inputKey : one.embeddingKey;
    if (seen.has(name)) continue;
    seen.add(name);
    kept.push(one);
    if (kept.length === count) break;
  }
  return kept;
}

function readable(error: unknown): unknown {
  if (error instanceof VectorsUnavailableError) return unavailable('the vector index is not ready');
  if (error instanceof VectorInputError) return invalidArgument(error.message, 'search');
  return error;
}

function otherSize(query: number, stored: number) {
  return invalidArgument(
    `the query has ${query} dimensions and the app's inputs have ${stored}`,
    'search',
  );
}
