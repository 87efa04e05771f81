// Annotations of a video's frames, in the order in which it shows them. What a frame is known by, its time, its number
// or both, is that of the annotation's first frame.
import type { AppScope } from '@limpid/domain/access/authority';
import type { FrameWindow, Stretch } from '@limpid/domain/input/frame-window';
import type { AnnotationTest, RegionShape } from '@limpid/domain/query/ast';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type AnnotationRow, selectAnnotations } from './annotation-queries.ts';
import type { Db } from './db.ts';
import { all, annotationTest, any, type ConceptSet, type Condition } from './search-conditions.ts';

export interface FrameQuery {
  readonly inputKey: bigint;
  readonly window: FrameWindow;
  /** Any of them; empty for all annotations, or with `tracked` for those of any track. */
  readonly trackIds: readonly string[];
  readonly tracked: boolean;
  /** Any of them, `tag` for what is said of the frame as a whole; empty for all. */
  readonly kinds: readonly (RegionShape | 'tag')[];
  readonly worker: readonly AnnotationTest<ConceptSet>[];
  /** Least `prediction_score` in the metadata of some concept; 0 for all. */
  readonly minScore: number;
}

export interface FrameAnnotationRow extends AnnotationRow {
  readonly frame_time: bigint;
  readonly frame_number: bigint;
}

// Letter for letter as in the index.
const time = sql<bigint>`(coalesce((n.body #>> '{data,frames,0,frame_info,time}')::bigint, 0))`;
const number = sql<bigint>`(coalesce((n.body #>> '{data,frames,0,frame_info,number}')::bigint, 0))`;
const hasFrame = sql<boolean>`n.body -> 'data' ? 'frames'`;

/** The next ones after one that was read, or the first. */
export async function readFrameAnnotations(
  db: Db,
  scope: AppScope,
  query: FrameQuery,
  after: FrameAnnotationRow | undefined,
  limit: number,
): Promise<FrameAnnotationRow[]> {
  const beyond = after
    ? sql<boolean>`(${time}, ${number}, n.key) > (${after.frame_time}::bigint, ${after.frame_number}::bigint, ${after.key}::bigint)`
    : sql<boolean>`true`;
  const conditions = [beyond, ...conditionsOf(scope, query)];
  // Cut out before anything is joined: the order of the index is what makes the next ones cheap to find.
  const next = sql`
    select n.key from annotations n
    where n.app_key = ${scope.appKey}::bigint and n.input_key = ${query.inputKey}::bigint and ${hasFrame}
      and ${all(conditions)}
    order by ${time}, ${number}, n.key limit ${limit}`;
  return await selectAnnotations(db, scope)
    .select([time.as('frame_time'), number.as('frame_number')])
    .where(sql<SqlBool>`n.key = any(array(${next}))`)
    .orderBy(time)
    .orderBy(number)
    .orderBy('n.key')
    .execute();
}

function conditionsOf(scope: AppScope, query: FrameQuery): Condition[] {
  const { window, trackIds, tracked, kinds, worker, minScore } = query;
  const conditions = worker.map((test) => annotationTest(scope, test));
  if (window.times) conditions.push(isWithin(time, window.times));
  if (window.numbers) conditions.push(isWithin(number, window.numbers));
  if (trackIds.length > 0)
    conditions.push(any(trackIds.map((id) => annotationTest(scope, { is: 'track', id }))));
  else if (tracked) conditions.push(sql`jsonb_path_exists(n.body, '$.data.**.track_id')`);
  if (kinds.length > 0) conditions.push(any(kinds.map((kind) => isOfKind(scope, kind))));
  if (minScore > 0) conditions.push(isSure(minScore));
  return conditions;
}

function isWithin(place: RawBuilder<bigint>, { from, to }: Stretch): Condition {
  return sql`(${place} >= ${from}::bigint and ${place} < ${to}::bigint)`;
}

function isOfKind(scope: AppScope, kind: RegionShape | 'tag'): Condition {
  if (kind !== 'tag') return annotationTest(scope, { is: 'shape', shape: kind });
  return sql`(jsonb_path_exists(n.body, '$.data.**.concepts') and not jsonb_path_exists(n.body, '$.data.**.regions'))`;
}

/** Scores are doubles in JSON and floats in the request. */
function isSure(least: number): Condition {
  const scores = sql`jsonb_path_query(n.body,
    '$.data.**.concepts[*].metadata.prediction_score ? (@.type() == "number")')`;
  return sql`exists (select 1 from ${scores} score where (score #>> '{}')::float8::real >= ${least}::real)`;
}
