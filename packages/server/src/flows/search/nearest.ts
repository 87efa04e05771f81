// The vectors nearest to a query, as the rows have them at this moment: what the index holds, without what was deleted
// since, and with what it does not hold yet.
import { scoreOf } from '@limpid/domain/query/score';
import {
  hasMoreVectors,
  listDeadVectors,
  readVectors,
  type StoredVector,
} from '@limpid/store/db/search-embeddings';
import {
  MAX_K,
  VectorInputError,
  type VectorQuery,
  VectorsUnavailableError,
} from '@limpid/store/vectors/vectors';
import { invalidArgument, unavailable } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { measure } from './measure.ts';
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
/**
 * Vectors that wait for the index are compared one by one, some megabytes of them. Of more the latest wait with them,
 * for moments: the index takes thousands a second.
 */
const MAX_WAITING = 250;
const BATCH = 1000;

/** How the vectors of a space are named in the index. */
export function spaceName(space: bigint): string {
  return `embeddings-${space}`;
}

/** The model version whose space has this name; undefined for a name that is not ours. */
export function spaceOf(name: string): bigint | undefined {
  const key = /^embeddings-(\d+)$/.exec(name)?.[1];
  return key === undefined ? undefined : BigInt(key);
}

/** Best first. */
export async function findNearest(call: Call<'app'>, query: NearQuery): Promise<Near[]> {
  const { deps, scope } = call;
  const isScanned = query.exact && !(await hasMoreVectors(deps.db, scope, query.space, MAX_EXACT));
  const asked = query.within();
  const scanned = scan(call, query, asked, !isScanned);
  if (isScanned) return best(query, (await Promise.all([scanned, asked]))[0]);
  const [waiting, dead, within] = await Promise.all([
    scanned,
    listDeadVectors(deps.db, query.space),
    asked,
  ]);
  // The index last: a vector that goes into it meanwhile is seen twice, and none is missed.
  return best(query, [...waiting, ...(await askIndex(call, query, within, dead))]);
}

/** Euclidean distance has no opposite that an index could look for; in the order of angles it is that of cosines. */
function metricOf({ metric, negate }: NearQuery): Plan['metric'] {
  return negate ? 'cosine' : metric;
}

async function askIndex(
  { deps, scope }: Call<'app'>,
  query: NearQuery,
  { filter }: Within,
  dead: readonly bigint[],
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
  const except = isFree && { except: { by: 'key' as const, values: BigUint64Array.from(dead) } };
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
  within: Promise<Within>,
  unindexed: boolean,
): Promise<Near[]> {
  const { space } = query;
  const found: Near[] = [];
  let others = 0;
  let after = 0n;
  const [most, limit] = unindexed ? [MAX_WAITING, MAX_WAITING] : [MAX_EXACT + BATCH, BATCH];
  for (let seen = 0; seen < most; seen += limit) {
    signal.throwIfAborted();
    const rows = await readVectors(deps.db, scope, { space, unindexed, after, limit });
    const { accepts } = await within;
    for (const row of rows) {
      if (row.vector.length !== query.vector.length) others = row.vector.length;
      else if (accepts(row.inputKey, row.kind)) found.push(near(query, row));
    }
    after = rows.at(-1)?.key ?? after;
    if (rows.length < limit) break;
  }
  if (!unindexed && others > 0 && found.length === 0) throw otherSize(query.vector.length, others);
  // What is no number is a vector that the index will not take.
  return found.filter(({ score }) => !Number.isNaN(score));
}

function near(query: NearQuery, { key, inputKey, vector }: StoredVector): Near {
  const metric = metricOf(query);
  const measured = measure(metric, query.vector, vector);
  const score = scoreOf(metric, query.negate ? -measured : measured);
  return { embeddingKey: key, inputKey, score };
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
