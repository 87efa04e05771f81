// Filters of a search as one condition. Of inputs each filter asks whether there is an annotation as it wants it; of
// annotations all filters ask of one and the same.
import type { AppScope } from '@limpid/domain/access/authority';
import type { FilterTerm } from '@limpid/domain/query/ast';
import { sql } from 'kysely';
import { inputsWithMetadata } from './metadata-facts.ts';
import {
  all,
  annotationTest,
  any,
  type ConceptSet,
  type Condition,
  datasetMembers,
  inputTest,
  type KeySet,
  namedInputs,
} from './search-conditions.ts';

export type Filters = readonly FilterTerm<ConceptSet>[];

/** On an input `i` of the app. */
export function inputCondition(scope: AppScope, filters: Filters): Condition {
  return all([isInApp(scope), ...filters.map((filter) => ofInput(scope, filter))]);
}

/** On an annotation `n` of an input `i` of the app. */
export function annotationCondition(scope: AppScope, filters: Filters): Condition {
  const own = sql<boolean>`n.app_key = ${scope.appKey}::bigint`;
  return all([own, ...filters.map((filter) => ofAnnotation(scope, filter))]);
}

/** On an input `i` that has an annotation as all the filters want it. */
export function annotatedCondition(scope: AppScope, filters: Filters): Condition {
  return all([isInApp(scope), hasAnnotation([annotationCondition(scope, filters)])]);
}

/**
 * The same inputs as `inputCondition` leaves, where every filter names its inputs without a look at them: a look at
 * thousands of rows costs ten times as much as finding their keys. Undefined where one does not, or there is none.
 */
export function inputSets(scope: AppScope, filters: Filters): KeySet[] | undefined {
  const sets = filters.flatMap((filter) => inputSet(scope, filter) ?? []);
  return sets.length > 0 && sets.length === filters.length ? sets : undefined;
}

function inputSet(
  scope: AppScope,
  { negate, annotation, input, anyOfInput }: FilterTerm<ConceptSet>,
): KeySet | undefined {
  if (negate || annotation.length + input.length + anyOfInput.length !== 1) return undefined;
  const [said] = annotation;
  const [fact] = [...input, ...anyOfInput];
  if (said?.is === 'concepts') return namedInputs(scope, said.anyOf);
  if (fact?.is === 'metadata') return inputsWithMetadata(scope, fact.anyOf);
  return fact?.is === 'datasets' ? datasetMembers(scope, fact.anyOf) : undefined;
}

function isInApp(scope: AppScope): Condition {
  return sql`i.app_key = ${scope.appKey}::bigint`;
}

function ofInput(scope: AppScope, filter: FilterTerm<ConceptSet>): Condition {
  const { annotation } = filter;
  const [only] = annotation;
  const conditions = factsOf(scope, filter);
  if (annotation.length === 1 && only?.is === 'concepts') {
    // The commonest filter needs no annotations, only what they name.
    conditions.push(sql`i.key in (${namedInputs(scope, only.anyOf)})`);
  } else if (annotation.length > 0) {
    const own = sql<boolean>`n.app_key = ${scope.appKey}::bigint`;
    conditions.push(hasAnnotation([own, ...annotation.map((test) => annotationTest(scope, test))]));
  }
  return turned(filter, conditions);
}

function ofAnnotation(scope: AppScope, filter: FilterTerm<ConceptSet>): Condition {
  const tests = filter.annotation.map((test) => annotationTest(scope, test));
  return turned(filter, [...factsOf(scope, filter), ...tests]);
}

function factsOf(scope: AppScope, { input, anyOfInput }: FilterTerm<ConceptSet>): Condition[] {
  const conditions = input.map((test) => inputTest(scope, test));
  if (anyOfInput.length > 0) conditions.push(any(anyOfInput.map((test) => inputTest(scope, test))));
  return conditions;
}

function hasAnnotation(conditions: readonly Condition[]): Condition {
  return sql`exists (select 1 from annotations n where n.input_key = i.key and ${all(conditions)})`;
}

/** A condition on what is not known, as the metadata of an input without any, does not hold. */
function turned({ negate }: FilterTerm<ConceptSet>, conditions: readonly Condition[]): Condition {
  return negate ? sql`(${all(conditions)}) is not true` : all(conditions);
}
