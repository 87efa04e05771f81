// Ranks by concepts: how much of a concept there is in an input, as a model predicted or a person said. Where a person
// said that a concept is not there, no prediction of it counts.
import type { AppScope } from '@limpid/domain/access/authority';
import { asksForPresence } from '@limpid/domain/query/score';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './db.ts';
import { packKeys, packNumbers, unpackKeys, unpackNumbers } from './packed.ts';
import type { Window } from './page.ts';
import type { ConceptSet } from './search-conditions.ts';
import { type Matching, matchingInput } from './searches.ts';

export interface ConceptRank {
  /** The best of them counts. */
  readonly anyOf: readonly ConceptSet[];
  readonly negate: boolean;
  /** Only what this one predicted; empty for any. */
  readonly modelVersionId: string;
}

export interface ScoredInput {
  readonly inputKey: bigint;
  readonly score: number;
}

/** The best inputs by all ranks together, from the best on; those of score 0 are no answer. */
export async function rankByConcepts(
  db: Db,
  scope: AppScope,
  matching: Matching,
  ranks: readonly ConceptRank[],
  window: Window & { readonly minValue: number },
): Promise<ScoredInput[]> {
  const { rows } = await sql<ScoredInput>`
    select key as "inputKey", score from (${scored(scope, matching, ranks)}) s
    where score > 0 and score::real >= ${window.minValue}::real
    order by score desc, key limit ${window.limit} offset ${window.offset}`.execute(db);
  return rows;
}

/** The score of every input that has one. */
export async function scoreByConcepts(
  db: Db,
  scope: AppScope,
  matching: Matching,
  ranks: readonly ConceptRank[],
): Promise<{ keys: BigUint64Array; scores: Float64Array }> {
  const { rows } = await sql<{ keys: Buffer | null; scores: Buffer | null }>`
    select ${packKeys(sql`key`, sql`key`)} as keys, ${packNumbers(sql`score`, sql`key`)} as scores
    from (${scored(scope, matching, ranks)}) s where score > 0`.execute(db);
  return {
    keys: unpackKeys(rows[0]?.keys ?? null),
    scores: unpackNumbers(rows[0]?.scores ?? null),
  };
}

function scored(scope: AppScope, matching: Matching, ranks: readonly ConceptRank[]) {
  const parts = ranks.map((rank, index) => partsOf(scope, rank, `r${index}`));
  const joins = sql.join(
    parts.flatMap((part) => part.joins),
    sql` `,
  );
  const scores = sql.join(
    parts.map((part) => part.score),
    sql` * `,
  );
  return sql`
    select i.key, power(${scores}, 1.0::float8 / ${ranks.length}::integer) as score
    from inputs i ${joins}
    where ${matchingInput(scope, matching)}`;
}

interface RankParts {
  readonly joins: readonly RawBuilder<unknown>[];
  readonly score: RawBuilder<unknown>;
}

/** Concepts that are wanted are one look into the index; each that is unwanted is one of its own. */
function partsOf(scope: AppScope, rank: ConceptRank, name: string): RankParts {
  const present = rank.anyOf.filter(({ value }) => asksForPresence(value));
  const absent = rank.anyOf.filter(({ value }) => !asksForPresence(value));
  const joins: RawBuilder<unknown>[] = [];
  const scores: RawBuilder<unknown>[] = [];
  const add = (keys: readonly bigint[], how: RawBuilder<unknown>) => {
    const alias = sql.ref(`${name}_${joins.length}`);
    const values = bestValues(scope, keys, rank.modelVersionId);
    joins.push(sql`${how} (${values}) ${alias} on ${alias}.input_key = i.key`);
    return sql`coalesce(${alias}.value, 0)`;
  };
  if (present.length > 0) {
    const keys = present.flatMap((concept) => concept.keys);
    // Without the concept the score would be 0: only inputs that have it need be looked at.
    const isNeeded = absent.length === 0 && !rank.negate;
    scores.push(add(keys, isNeeded ? sql`join` : sql`left join`));
  }
  for (const { keys } of absent) scores.push(sql`1 - ${add(keys, sql`left join`)}`);
  const best = sql`greatest(${sql.join(scores)})`;
  return { joins, score: rank.negate ? sql`(1 - ${best})` : best };
}

function bestValues(scope: AppScope, keys: readonly bigint[], modelVersionId: string) {
  const byModel = modelVersionId
    ? sql`and annotation_key in (select key from annotations where model_version in (
        select key from model_versions where id = ${modelVersionId}))`
    : sql``;
  return sql`
    select input_key, max(value)::float8 as value
    from annotation_concepts ac
    where app_key = ${scope.appKey}::bigint and concept_key = any(${[...keys]}::bigint[]) ${byModel}
      and not exists (
        select 1 from annotation_concepts denied join annotations n on n.key = denied.annotation_key
        where denied.app_key = ${scope.appKey}::bigint and denied.concept_key = any(${[...keys]}::bigint[])
          and denied.concept_key = ac.concept_key and denied.input_key = ac.input_key
          and denied.value = 0 and n.user_key is not null)
    group by input_key`;
}

/** For each of these inputs the annotation that says most of the concepts. */
export async function bestConceptAnnotations(
  db: Db,
  scope: AppScope,
  concepts: readonly bigint[],
  inputKeys: readonly bigint[],
): Promise<Map<bigint, bigint>> {
  if (concepts.length === 0 || inputKeys.length === 0) return new Map();
  const { rows } = await sql<{ input_key: bigint; annotation_key: bigint }>`
    select distinct on (input_key) input_key, annotation_key from annotation_concepts
    where input_key = any(${[...inputKeys]}::bigint[]) and app_key = ${scope.appKey}::bigint
      and concept_key = any(${[...concepts]}::bigint[])
    order by input_key, value desc, annotation_key`.execute(db);
  return new Map(rows.map((row) => [row.input_key, row.annotation_key]));
}
