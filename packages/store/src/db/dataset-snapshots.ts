// How a dataset version comes to hold its snapshot, as far as it is SQL: 64005 pending, 64010 once the snapshot stands
// and is being counted, then 64015 ready or 64020 failed.
import type { AppScope } from '@limpid/domain/access/authority';
import type { MediaEntry } from '@limpid/domain/input/media';
import { sql } from 'kysely';
import { versionStatus } from './dataset-versions.ts';
import type { Db, Tx } from './db.ts';
import { all, type Condition } from './search-conditions.ts';
import { annotationCondition, type Filters } from './search-filters.ts';

// Says of an annotation that its reviewer turned it down.
const REVIEW_DENIED = 24158;

/** What an input was when the version was made. */
export interface SnapshotInput {
  readonly kind: string;
  readonly status_code: number;
  /** As in `inputs`: the Data message without labels. */
  readonly data: unknown;
  readonly metadata: unknown;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly media: readonly MediaEntry[] | null;
  readonly created_at: string;
  readonly annotations: readonly SnapshotAnnotation[];
}

export interface SnapshotAnnotation {
  readonly id: string;
  /** Empty where a model or workflow said it. */
  readonly user_id: string;
  readonly input_level: boolean;
  readonly task_id: string | null;
  readonly status_code: number;
  /** As in `annotations`. */
  readonly body: unknown;
  readonly created_at: string;
}

/** Locks a version that is not finished; undefined when it is, or is gone. */
export async function lockUnfinishedVersion(
  tx: Tx,
  key: bigint,
): Promise<{ readonly dataset: bigint; readonly hasSnapshot: boolean } | undefined> {
  const { pending, running } = versionStatus;
  const row = await tx
    .selectFrom('dataset_versions')
    .select(['dataset_key', 'status_code'])
    .where('key', '=', key)
    .where('status_code', 'in', [pending, running])
    .forUpdate()
    .executeTakeFirst();
  return row && { dataset: row.dataset_key, hasSnapshot: row.status_code === running };
}

export interface VersionPlace {
  readonly body: unknown;
  readonly appKey: bigint;
  readonly appId: string;
  readonly userKey: bigint;
  readonly userId: string;
}

/** A version as it was asked for, and the app that it is in. */
export async function findVersionPlace(db: Db, key: bigint): Promise<VersionPlace | undefined> {
  return await db
    .selectFrom('dataset_versions as v')
    .innerJoin('datasets as d', 'd.key', 'v.dataset_key')
    .innerJoin('apps as a', 'a.key', 'd.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .select(['v.body', 'a.key as appKey', 'a.id as appId', 'u.key as userKey', 'u.id as userId'])
    .where('v.key', '=', key)
    .executeTakeFirst();
}

/** What an annotation must be to be in a version. */
export interface SnapshotFilter {
  readonly scope: AppScope;
  readonly filters: Filters;
}

export interface SnapshotWanted {
  readonly version: bigint;
  readonly dataset: bigint;
  /** Leaves out inputs without annotations, or without any that the filter leaves. */
  readonly ignoreEmpty: boolean;
  readonly filter?: SnapshotFilter | undefined;
}

/** Copies the dataset's inputs with what people say of them. One statement, so that all is seen at one moment. */
export async function takeSnapshot(tx: Tx, wanted: SnapshotWanted): Promise<void> {
  // A large dataset takes longer than any request may.
  await sql`set local statement_timeout = 0`.execute(tx);
  await sql`
    insert into dataset_version_inputs (version_key, ordinal, input_id, body)
    select ${wanted.version}::bigint, row_number() over (order by di.key), i.id,
           jsonb_build_object('kind', i.kind, 'status_code', i.status_code, 'data', i.body, 'metadata', i.metadata,
             'latitude', i.latitude, 'longitude', i.longitude, 'media', i.media, 'created_at', i.created_at,
             'annotations', coalesce(said.annotations, '[]'))
    from dataset_inputs di
    join inputs i on i.key = di.input_key
    left join lateral (
      select jsonb_agg(jsonb_build_object('id', n.id, 'user_id', coalesce(u.id, ''), 'input_level', n.input_level,
               'task_id', n.task_id, 'status_code', n.status_code, 'body', n.body, 'created_at', n.created_at)
             order by n.key) as annotations
      from annotations n left join users u on u.key = n.user_key
      where n.input_key = i.key and ${isIncluded(wanted.filter)}) said on true
    where di.dataset_key = ${wanted.dataset}::bigint
      and (not ${wanted.ignoreEmpty}::boolean or said.annotations is not null)`.execute(tx);
  await tx
    .updateTable('dataset_versions')
    .set({ status_code: versionStatus.running, modified_at: sql`now()` })
    .where('key', '=', wanted.version)
    .execute();
}

/** On an annotation `n` of an input `i`. What people say and no reviewer turned down, unless a filter asks for it. */
function isIncluded(filter: SnapshotFilter | undefined): Condition {
  const asked = filter?.filters.flatMap(({ negate, annotation }) => (negate ? [] : annotation));
  const asksFor = (...kinds: readonly string[]) => asked?.some(({ is }) => kinds.includes(is));
  const conditions: Condition[] = [];
  if (!asksFor('model_version', 'workflow_version')) conditions.push(sql`n.user_key is not null`);
  if (!asksFor('status')) conditions.push(sql`n.status_code <> ${REVIEW_DENIED}::integer`);
  if (filter) conditions.push(annotationCondition(filter.scope, filter.filters));
  return all(conditions);
}

export interface SnapshotRow {
  readonly ordinal: bigint;
  readonly input_id: string;
  readonly body: SnapshotInput;
}

/** The next inputs of a snapshot beyond `after`, in their order. */
export async function readSnapshot(
  db: Db,
  version: bigint,
  after: bigint,
  limit: number,
): Promise<SnapshotRow[]> {
  const { rows } = await sql<SnapshotRow>`
    select ordinal, input_id, body from dataset_version_inputs
    where version_key = ${version}::bigint and ordinal > ${after}::bigint
    order by ordinal limit ${limit}`.execute(db);
  return rows;
}

export interface NewMetricsGroup {
  readonly parentPath: string;
  readonly type: number;
  readonly value: string | number;
  /** JSON text, as `writeDoc` makes it. */
  readonly body: string;
}

/** Finishes a version that was being counted; one that is finished or gone stays as it is. */
export async function finishVersion(
  tx: Tx,
  version: bigint,
  groups: readonly NewMetricsGroup[],
): Promise<void> {
  const { running, ready } = versionStatus;
  const done = await tx
    .updateTable('dataset_versions')
    .set({ status_code: ready, status_details: '', modified_at: sql`now()` })
    .where('key', '=', version)
    .where('status_code', '=', running)
    .returning('key')
    .executeTakeFirst();
  if (!done) return;
  const rows = groups.map(({ body, ...group }, ordinal) => {
    const rest = JSON.stringify({ ...group, ordinal });
    return `${rest.slice(0, -1)},"body":${body}}`;
  });
  await sql`
    insert into dataset_version_metrics (version_key, ordinal, parent_path, type, value, body)
    select ${version}::bigint, new.ordinal, new."parentPath", new.type, new.value, new.body
    from json_to_recordset(${`[${rows.join(',')}]`}::json) as new (
      ordinal integer, "parentPath" text, type smallint, value jsonb, body jsonb)`.execute(tx);
}

/** Gives an unfinished version up, with what stood of it. */
export async function failVersion(tx: Tx, version: bigint, details: string): Promise<void> {
  const { pending, running, failed } = versionStatus;
  const given = await tx
    .updateTable('dataset_versions')
    .set({ status_code: failed, status_details: details, modified_at: sql`now()` })
    .where('key', '=', version)
    .where('status_code', 'in', [pending, running])
    .returning('key')
    .executeTakeFirst();
  if (!given) return;
  await tx.deleteFrom('dataset_version_inputs').where('version_key', '=', version).execute();
}
