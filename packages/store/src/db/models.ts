import type { AppScope } from '@limpid/domain/access/authority';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { type ModelVersionRow, newestVersion, type VersionChoice } from './model-versions.ts';
import { applyPage, type OrderTerm, type Window } from './page.ts';
import { type Place, seenIn, viewerOf } from './place.ts';
import type { ModelsTable } from './tables.ts';
import { fitsPattern, fitsQuery, fitsWords, relevance } from './text-search.ts';

/** A model with the ids that clients see beside its keys, and one of its versions: the newest unless another was asked for. */
export interface ModelRow extends Selectable<ModelsTable> {
  readonly app_id: string;
  readonly user_id: string;
  readonly owner_key: bigint;
  readonly version: ModelVersionRow | null;
}

export interface ModelFields {
  readonly name: string;
  readonly visibility: number;
  readonly body: string;
}

export interface NewModel extends ModelFields {
  readonly id: string;
  readonly modelTypeId: string;
  readonly featuredOrder?: number;
}

/** Adds a model; undefined when a living model of the app answers to its id. */
export async function insertModel(
  tx: Tx,
  scope: AppScope,
  model: NewModel,
): Promise<bigint | undefined> {
  const { modelTypeId, featuredOrder, ...fields } = model;
  const row = await tx
    .insertInto('models')
    .values({
      app_key: scope.appKey,
      model_type_id: modelTypeId,
      featured_order: featuredOrder ?? null,
      ...fields,
    })
    .onConflict((conflict) =>
      conflict.columns(['app_key', 'id']).where('deleted_at', 'is', null).doNothing(),
    )
    .returning('key')
    .executeTakeFirst();
  return row?.key;
}

export async function updateModel(
  tx: Tx,
  key: bigint,
  fields: ModelFields & { readonly featuredOrder?: number | null },
): Promise<void> {
  const { featuredOrder, ...columns } = fields;
  await tx
    .updateTable('models')
    .set({
      ...columns,
      modified_at: sql`now()`,
      ...(featuredOrder !== undefined && { featured_order: featuredOrder }),
    })
    .where('key', '=', key)
    .execute();
}

/** Sets the former and short ids that answer for a model, taking them from whatever had them before. */
export async function setModelAliases(
  tx: Tx,
  scope: AppScope,
  key: bigint,
  aliases: readonly string[],
): Promise<void> {
  await tx.deleteFrom('model_aliases').where('model_key', '=', key).execute();
  if (aliases.length === 0) return;
  await tx
    .insertInto('model_aliases')
    .values(aliases.map((alias) => ({ app_key: scope.appKey, alias, model_key: key })))
    .onConflict((conflict) =>
      conflict.columns(['app_key', 'alias']).doUpdateSet({ model_key: key }),
    )
    .execute();
}

/** Keeps living models from changing until the transaction ends. */
export async function lockModels(tx: Tx, scope: AppScope, ids: readonly string[]): Promise<void> {
  const where = sql`app_key = ${scope.appKey} and id = any(${[...ids]}::text[]) and deleted_at is null`;
  await lockRows(tx, 'models', where);
}

/** Keeps a living model from changing until the transaction ends. */
export async function lockModel(tx: Tx, scope: AppScope, id: string): Promise<bigint | undefined> {
  const row = await tx
    .selectFrom('models')
    .select('key')
    .where('app_key', '=', scope.appKey)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row?.key;
}

/** Gives a model another id; false when a living model of the app has it already. */
export async function renameModel(
  tx: Tx,
  scope: AppScope,
  key: bigint,
  newId: string,
): Promise<boolean> {
  const taken = await lockModel(tx, scope, newId);
  if (taken !== undefined) return taken === key;
  await tx
    .updateTable('models')
    .set({ id: newId, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
  return true;
}

/** Deletes the named models, or all of the app, with their versions, and returns the ids that existed. */
export async function deleteModels(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[] | 'all',
): Promise<string[]> {
  let query = tx
    .updateTable('models')
    .set({ deleted_at: sql`now()` })
    .where('app_key', '=', scope.appKey)
    .where('deleted_at', 'is', null);
  if (ids !== 'all') query = query.where(sql<boolean>`id = any(${[...ids]}::text[])`);
  const rows = await query.returning(['key', 'id']).execute();
  const keys = rows.map((row) => row.key);
  if (keys.length === 0) return [];
  await tx.deleteFrom('model_aliases').where('model_key', 'in', keys).execute();
  await tx
    .updateTable('model_versions')
    .set({ deleted_at: sql`now()` })
    .where('model_key', 'in', keys)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.map((row) => row.id);
}

/** Living models by key, in the order of the keys, with all that their owner sees. */
export async function getModels(db: Db | Tx, keys: readonly bigint[]): Promise<ModelRow[]> {
  if (keys.length === 0) return [];
  const rows = await selectModels(db, sql`u.key`)
    .where('m.key', 'in', [...keys])
    .execute();
  const byKey = new Map(rows.map((row) => [row.key, toModelRow(row)]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

/**
 * Models with the one version that is chosen. A viewer sees public versions, and all of models that it owns; it is a key
 * or the owner's own.
 */
export function selectModels(
  db: Db | Tx,
  viewer: bigint | RawBuilder<unknown>,
  choice: VersionChoice = {},
) {
  return db
    .selectFrom('models as m')
    .innerJoin('apps as a', 'a.key', 'm.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .leftJoinLateral(
      () => newestVersion(db, viewer, choice).as('v'),
      (join) => join.onTrue(),
    )
    .selectAll('m')
    .select(['a.id as app_id', 'u.id as user_id', 'u.key as owner_key'])
    .select([
      'v.key as v_key',
      'v.id as v_id',
      'v.status_code as v_status_code',
      'v.status_details as v_status_details',
      'v.visibility as v_visibility',
      'v.body as v_body',
      'v.created_at as v_created_at',
      'v.modified_at as v_modified_at',
      'v.completed_at as v_completed_at',
    ])
    .where('m.deleted_at', 'is', null)
    .where('a.deleted_at', 'is', null);
}

type Joined = Awaited<ReturnType<ReturnType<typeof selectModels>['execute']>>[number];

export function toModelRow(row: Joined): ModelRow {
  const {
    v_key: key,
    v_id: id,
    v_status_code: code,
    v_status_details: details,
    v_visibility: visibility,
    v_body: body,
    v_created_at: created,
    v_modified_at: modified,
    v_completed_at: completed,
    ...model
  } = row;
  // Columns of a joined row are null together; testing those that may not be is enough for the types.
  const version =
    key === null || id === null || code === null || visibility === null || !created || !modified
      ? null
      : {
          key,
          model_key: model.key,
          id,
          status_code: code,
          status_details: details ?? '',
          visibility,
          body: body ?? {},
          created_at: created,
          modified_at: modified,
          completed_at: completed,
          deleted_at: null,
        };
  return { ...model, version };
}

export interface ModelQuery {
  readonly sort: ModelSort;
  readonly ascending: boolean;
  readonly modelTypeIds?: readonly string[] | undefined;
  readonly trainedOnly?: boolean;
  readonly featuredOnly?: boolean;
  readonly license?: string;
  readonly licenseType?: number;
  readonly source?: number;
  readonly creator?: string;
  readonly visibility?: number | undefined;
  /** Tags of which a model has at least one, by the name of their field. */
  readonly tags?: Readonly<
    Partial<Record<'toolkits' | 'use_cases' | 'languages', readonly string[]>>
  >;
  /** Only models that have one of these versions, and with it. */
  readonly versionIds?: readonly string[];
  /** Runners of the version keep at least so many replicas. */
  readonly minReplicas?: number;
  readonly search?: string;
  readonly query?: string;
  readonly pattern?: { readonly like: string; readonly fields: readonly ModelText[] };
}

export type ModelSort =
  | 'name'
  | 'num_inputs'
  | 'modified_at'
  | 'created_at'
  | 'star_count'
  | 'relevance';

export type ModelText = 'id' | 'name' | 'description' | 'user_id';

const TEXTS: Readonly<Record<ModelText, RawBuilder<unknown>>> = {
  id: sql`m.id`,
  name: sql`m.name`,
  description: sql`(m.body ->> 'description')`,
  user_id: sql`u.id`,
};

const TRAINED = 21100;

/** Models as far as the place lets them be seen. */
export async function listModels(
  db: Db,
  place: Place,
  query: ModelQuery,
  window: Window,
): Promise<ModelRow[]> {
  let select = selectModels(db, viewerOf(place), { ids: query.versionIds ?? [] }).where(
    seenIn(place, 'm'),
  );
  for (const condition of conditionsOf(place, query)) select = select.where(condition);
  const direction = query.ascending ? 'asc' : 'desc';
  const sort = sortOf(query);
  const ordered = select.orderBy(sort, direction);
  const last: OrderTerm = { column: 'm.key', direction };
  return (await applyPage(ordered, window, [], last).execute()).map(toModelRow);
}

function sortOf(query: ModelQuery): RawBuilder<unknown> {
  switch (query.sort) {
    case 'num_inputs':
      return sql`coalesce((v.body ->> 'total_input_count')::bigint, 0)`;
    case 'relevance':
      return relevance(TEXTS.id, searched(), query.search ?? '');
    default:
      return sql.ref(`m.${query.sort}`);
  }
}

function searched(): RawBuilder<unknown> {
  return sql`concat_ws(' ', m.id, m.name, m.body ->> 'description', m.body ->> 'notes')`;
}

function conditionsOf(place: Place, query: ModelQuery): RawBuilder<boolean>[] {
  const text = place.kind === 'everything' ? sql`concat_ws(' ', u.id, ${searched()})` : searched();
  const { pattern } = query;
  const found: (RawBuilder<boolean> | undefined | false)[] = [
    query.modelTypeIds && sql<boolean>`m.model_type_id = any(${[...query.modelTypeIds]}::text[])`,
    query.trainedOnly === true && sql<boolean>`v.status_code = ${TRAINED}`,
    query.featuredOnly === true && sql<boolean>`m.featured_order is not null`,
    Boolean(query.license) && sql<boolean>`v.body ->> 'license' = ${query.license}`,
    Boolean(query.licenseType) &&
      sql<boolean>`(m.body ->> 'license_type')::int = ${query.licenseType}`,
    Boolean(query.source) && sql<boolean>`(m.body ->> 'source')::int = ${query.source}`,
    Boolean(query.creator) && sql<boolean>`m.body ->> 'creator' = ${query.creator}`,
    query.visibility !== undefined && sql<boolean>`m.visibility = ${query.visibility}`,
    (query.versionIds?.length ?? 0) > 0 && sql<boolean>`v.key is not null`,
    Boolean(query.minReplicas) &&
      sql<boolean>`(select coalesce(sum(r.num_replicas), 0) from runners r where r.model_version = v.key) >= ${query.minReplicas}`,
    fitsWords(text, query.search ?? ''),
    fitsQuery(text, query.query ?? ''),
    pattern &&
      fitsPattern(
        pattern.fields.map((field) => TEXTS[field]),
        pattern.like,
      ),
    ...Object.entries(query.tags ?? {}).map(
      ([field, tags]) =>
        tags.length > 0 && sql<boolean>`m.body -> ${field} ?| ${[...tags]}::text[]`,
    ),
  ];
  return found.filter((condition) => condition !== undefined && condition !== false);
}

export interface ModelCounts {
  readonly versions: number;
  readonly replicas: number;
}

/** How many versions each model has, and how many replicas its runners keep. */
export async function countModels(
  db: Db,
  keys: readonly bigint[],
): Promise<ReadonlyMap<bigint, ModelCounts>> {
  if (keys.length === 0) return new Map();
  const { rows } = await sql<{ key: bigint } & ModelCounts>`
    select v.model_key as key, count(distinct v.key)::int as versions,
           coalesce(sum(r.num_replicas), 0)::int as replicas
    from model_versions v left join runners r on r.model_version = v.key
    where v.model_key = any(${[...keys]}::bigint[]) and v.deleted_at is null
    group by v.model_key`.execute(db);
  return new Map(rows.map(({ key, ...counts }) => [key, counts]));
}
