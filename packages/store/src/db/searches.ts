// What a search finds before anything is ranked: inputs, or annotations, in the order in which they were made.
import type { AppScope } from '@limpid/domain/access/authority';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './db.ts';
import { packKeys, unpackKeys } from './packed.ts';
import type { Window } from './page.ts';
import type { Condition, KeySet } from './search-conditions.ts';
import {
  annotatedCondition,
  annotationCondition,
  type Filters,
  inputCondition,
  inputSets,
} from './search-filters.ts';

/** Inputs that fit the filters, or annotations that do. */
export interface Matching {
  readonly unit: 'input' | 'annotation';
  readonly filters: Filters;
}

export interface Match {
  readonly inputKey: bigint;
  /** Null where an input was looked for. */
  readonly annotationKey: bigint | null;
}

/** On inputs `i`: those that match, or have an annotation that does. */
export function matchingInput(scope: AppScope, { unit, filters }: Matching): Condition {
  return unit === 'input' ? inputCondition(scope, filters) : annotatedCondition(scope, filters);
}

/** A stretch of the matches. */
export async function pageMatches(
  db: Db,
  scope: AppScope,
  matching: Matching,
  window: Window,
): Promise<Match[]> {
  const { source, key } = sourceOf(scope, matching);
  const { rows } = await sql<Match>`
    select i.key as "inputKey", ${matching.unit === 'input' ? sql`null::bigint` : key} as "annotationKey"
    from ${source} order by ${key} limit ${window.limit} offset ${window.offset}`.execute(db);
  return rows;
}

export async function countMatches(db: Db, scope: AppScope, matching: Matching): Promise<bigint> {
  const { source } = sourceOf(scope, matching);
  const { rows } = await sql<{ count: bigint }>`select count(*) from ${source}`.execute(db);
  return rows[0]?.count ?? 0n;
}

function sourceOf(scope: AppScope, { unit, filters }: Matching) {
  if (unit === 'input') {
    const source = sql`inputs i where ${inputCondition(scope, filters)}`;
    return { source, key: sql`i.key` as RawBuilder<unknown> };
  }
  const joined = sql`annotations n join inputs i on i.key = n.input_key`;
  const source = sql`${joined} where ${annotationCondition(scope, filters)}`;
  return { source, key: sql`n.key` as RawBuilder<unknown> };
}

/** Keys of all inputs that match, or with `inverted` of all others of the app; in no order, and some maybe twice. */
export async function listMatchingInputs(
  db: Db,
  scope: AppScope,
  matching: Matching,
  inverted = false,
): Promise<BigUint64Array> {
  const sets = matching.unit === 'input' && !inverted && inputSets(scope, matching.filters);
  if (sets) return await listCommonKeys(db, sets);
  const matches = matchingInput(scope, matching);
  const condition = inverted
    ? sql`i.app_key = ${scope.appKey}::bigint and (${matches}) is not true`
    : matches;
  const { rows } = await sql<{ keys: Buffer | null }>`
    select ${packKeys(sql`i.key`)} as keys from inputs i where ${condition}`.execute(db);
  return unpackKeys(rows[0]?.keys ?? null);
}

async function listCommonKeys(db: Db, sets: readonly KeySet[]): Promise<BigUint64Array> {
  const common = sql.join(
    sets.map((set) => sql`(${set})`),
    sql` intersect `,
  );
  const { rows } = await sql<{ keys: Buffer | null }>`
    select ${packKeys(sql`input_key`)} as keys from (${common}) common`.execute(db);
  return unpackKeys(rows[0]?.keys ?? null);
}

/** The annotations of these inputs that match, in their order. */
export async function listAnnotationMatches(
  db: Db,
  scope: AppScope,
  filters: Filters,
  inputKeys: readonly bigint[],
): Promise<Match[]> {
  if (inputKeys.length === 0) return [];
  const { rows } = await sql<Match>`
    select i.key as "inputKey", n.key as "annotationKey"
    from annotations n join inputs i on i.key = n.input_key
    where n.input_key = any(${[...inputKeys]}::bigint[]) and ${annotationCondition(scope, filters)}
    order by n.key`.execute(db);
  return rows;
}
