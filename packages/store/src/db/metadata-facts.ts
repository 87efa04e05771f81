// Inputs by their metadata out of one index, where `metadata @>` has every row that it finds read.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { AppScope } from '@limpid/domain/access/authority';
import { sql } from 'kysely';
import type { Condition, KeySet } from './search-conditions.ts';

/** A JSON that holds one scalar, somewhere in its objects. */
type Leaf = JsonObject;

/** Each leaf of those that are wanted together is a table more to plan. */
const MOST_JOINED = 16;

/**
 * Keys of the inputs whose metadata holds any of these. Undefined where facts don't tell: of arrays, and of objects that
 * need only be there.
 */
export function inputsWithMetadata(
  scope: AppScope,
  anyOf: readonly JsonObject[],
): KeySet | undefined {
  const wanted = anyOf.flatMap((json) => {
    const leaves = leavesOf(json);
    return leaves ? [leaves] : [];
  });
  const joined = wanted.filter(({ length }) => length > 1);
  if (wanted.length < anyOf.length || joined.flat().length > MOST_JOINED) return undefined;
  const single = wanted.filter(({ length }) => length === 1).flat();
  const sets = joined.map((leaves) => withAll(scope, leaves));
  if (single.length > 0) sets.push(withFact(scope, isAny(single)));
  return sets.length > 0 ? sql`${sql.join(sets, sql` union all `)}` : undefined;
}

/** Undefined where there is more than leaves, or nothing. */
function leavesOf(json: JsonObject): Leaf[] | undefined {
  const leaves: Leaf[] = [];
  for (const [key, value] of Object.entries(json)) {
    if (Array.isArray(value)) return undefined;
    const inner: readonly JsonValue[] | undefined = isObject(value) ? leavesOf(value) : [value];
    if (!inner) return undefined;
    for (const leaf of inner) leaves.push({ [key]: leaf });
  }
  return leaves.length > 0 ? leaves : undefined;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// The facts stand in subqueries: these run once, where the bare function might for every row.

function withAll(scope: AppScope, [leaf, ...others]: readonly Leaf[]): KeySet {
  const has = sql<boolean>`fact = (select (metadata_facts(${JSON.stringify(leaf)}::jsonb))[1])`;
  if (others.length === 0) return withFact(scope, has);
  return withFact(scope, sql`${has} and input_key in (${withAll(scope, others)})`);
}

function isAny(leaves: readonly Leaf[]): Condition {
  return sql`fact = any(array(select unnest(metadata_facts(leaf))
    from jsonb_array_elements(${JSON.stringify(leaves)}::jsonb) as leaf))`;
}

function withFact(scope: AppScope, has: Condition): KeySet {
  return sql`select input_key from input_facts where app_key = ${scope.appKey}::bigint and ${has}`;
}
