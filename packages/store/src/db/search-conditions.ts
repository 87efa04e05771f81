// Conditions of a search as SQL, on an input `i` or an annotation `n` of it.
import type { AppScope } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import type { AnnotationTest, InputTest, Place, Shape } from '@limpid/domain/query/ast';
import { degreesOf } from '@limpid/domain/query/geo';
import { asksForPresence } from '@limpid/domain/query/score';
import { type RawBuilder, type SqlBool, sql } from 'kysely';

/** What a named concept stands for: its rows, and those of what is a kind of it. */
export interface ConceptSet {
  readonly keys: readonly bigint[];
  readonly value: number;
}

export type Condition = RawBuilder<SqlBool>;

/** A query for `input_key`, which may come more than once. */
export type KeySet = RawBuilder<{ input_key: bigint }>;

const SUCCESS = 24150;

export function inputTest(scope: AppScope, test: InputTest): Condition {
  switch (test.is) {
    case 'input':
      return sql`i.id = ${test.id}`;
    case 'kinds':
      return sql`(i.kind = any(${[...test.anyOf]}::text[])
        or (i.kind = 'mixed' and i.body ?| ${[...test.anyOf]}::text[]))`;
    case 'datasets':
      return sql`i.key in (${datasetMembers(scope, test.anyOf)})`;
    case 'status':
      return sql`i.status_code = ${test.code}::integer`;
    case 'metadata':
      return any(test.anyOf.map((json) => sql`i.metadata @> ${JSON.stringify(json)}::jsonb`));
    case 'image_url':
      return sql`i.body #>> '{image,url}' = ${test.url}`;
    case 'near':
      return isNear(test.place, test.radians);
    case 'within':
      return sql`(i.latitude between ${test.south.latitude}::float8 and ${test.north.latitude}::float8
        and i.longitude between ${test.south.longitude}::float8 and ${test.north.longitude}::float8)`;
    default:
      return test satisfies never;
  }
}

/** Keys of the inputs in these datasets. A dataset holds inputs of its own app alone. */
export function datasetMembers(scope: AppScope, ids: readonly string[]): KeySet {
  const least = scope.standing === 'owner' ? 0 : PUBLIC;
  return sql`select di.input_key from dataset_inputs di join datasets d on d.key = di.dataset_key
    where d.app_key = ${scope.appKey}::bigint and d.id = any(${[...ids]}::text[])
      and d.visibility >= ${least}::smallint`;
}

/** Great-circle distance by the haversine formula; the range of latitudes lets an index help. */
function isNear({ latitude, longitude }: Place, radians: number): Condition {
  const span = degreesOf(radians);
  const haversine = sql`power(sin(radians(i.latitude - ${latitude}::float8) / 2), 2)
    + cos(radians(${latitude}::float8)) * cos(radians(i.latitude))
    * power(sin(radians(i.longitude - ${longitude}::float8) / 2), 2)`;
  return sql`(i.latitude between ${latitude - span}::float8 and ${latitude + span}::float8
    and 2 * asin(least(1, sqrt(${haversine}))) <= ${radians}::float8)`;
}

export function annotationTest(scope: AppScope, test: AnnotationTest<ConceptSet>): Condition {
  switch (test.is) {
    case 'id':
      return sql`n.id = ${test.id}`;
    case 'user':
      return sql`n.user_key = (select key from users where id = ${test.id})`;
    case 'model_version':
      return sql`n.model_version in (select key from model_versions where id = ${test.id})`;
    case 'workflow_version':
      return sql`n.workflow_version in (select key from workflow_versions where id = ${test.id})`;
    case 'task':
      return sql`n.task_id = ${test.id}`;
    case 'track':
      return sql`jsonb_path_exists(n.body, '$.data.**.track_id ? (@ == $id)',
        jsonb_build_object('id', ${test.id}::text))`;
    case 'status':
      return sql`n.status_code = ${test.code}::integer`;
    case 'trusted':
      return sql`(n.user_key is not null and n.status_code = ${SUCCESS}::integer)`;
    case 'input_level':
      return sql`n.input_level`;
    case 'shape':
      return hasShape(test.shape);
    case 'changed':
      return sql`(n.modified_at >= ${test.from ?? '-infinity'}::timestamptz
        and n.modified_at <= ${test.to ?? 'infinity'}::timestamptz)`;
    case 'info':
      return any(test.anyOf.map((json) => bodyHolds({ annotation_info: json })));
    case 'clusters':
      return any(test.anyOf.map((id) => bodyHolds({ data: { clusters: [{ id }] } })));
    case 'concepts':
      return sql`n.key in (select annotation_key from annotation_concepts
        where ${namesConcept(scope, test.anyOf)})`;
    default:
      return test satisfies never;
  }
}

function bodyHolds(json: object): Condition {
  return sql`n.body @> ${JSON.stringify(json)}::jsonb`;
}

/** Where a region stands in a frame it counts as well. */
function hasShape(shape: Shape): Condition {
  switch (shape) {
    case 'whole':
      return sql`not coalesce(n.body -> 'data' ?| array['regions', 'frames', 'tracks', 'time_segments'], false)`;
    case 'frame':
      return sql`coalesce(n.body -> 'data' ? 'frames', false)`;
    case 'time_segment':
      return sql`coalesce(n.body -> 'data' ? 'time_segments', false)`;
    case 'text':
      return sql`(i.kind = 'text' or jsonb_path_exists(n.body, '$.data.**.text'))`;
    default:
      return sql`jsonb_path_exists(n.body, ${`$.data.**.region_info.${shape}`}::jsonpath)`;
  }
}

/** Keys of the inputs of which one of these concepts was said. */
export function namedInputs(scope: AppScope, anyOf: readonly ConceptSet[]): KeySet {
  return sql`select input_key from annotation_concepts where ${namesConcept(scope, anyOf)}`;
}

/** On rows of annotation_concepts. */
export function namesConcept(scope: AppScope, anyOf: readonly ConceptSet[]): Condition {
  // Concepts that want the same value are one condition, so that one look into the index serves them.
  const byValue = new Map<number, bigint[]>();
  for (const { keys, value } of anyOf) {
    byValue.set(value, [...(byValue.get(value) ?? []), ...keys]);
  }
  const conditions = [...byValue].map(([value, keys]): Condition => {
    const compare = sql.raw(asksForPresence(value) ? '>=' : '<=');
    return sql`(concept_key = any(${keys}::bigint[]) and value ${compare} ${value}::real)`;
  });
  return sql`app_key = ${scope.appKey}::bigint and ${any(conditions)}`;
}

export function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`true` : sql`(${sql.join(conditions, sql` and `)})`;
}

export function any(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`false` : sql`(${sql.join(conditions, sql` or `)})`;
}
