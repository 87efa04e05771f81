import { PUBLIC } from '@limpid/domain/access/visibility';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { ConceptRow } from './concepts.ts';
import type { Db, Tx } from './db.ts';
import { applyPage, type Window } from './page.ts';
import { INHERITED, versionSeenBy } from './place.ts';
import type { ModelVersionsTable } from './tables.ts';

export type ModelVersionRow = Selectable<ModelVersionsTable>;

/** Which version of a model: by id, one of some ids, or the newest, of those that can predict where there are any. */
export interface VersionChoice {
  readonly id?: string;
  readonly ids?: readonly string[];
  readonly ready?: boolean;
}

const TRAINED = 21100;

/** The one version of the row `m` that is chosen, as far as the viewer sees it. `u` is the model's owner. */
export function newestVersion(
  db: Db | Tx,
  viewer: bigint | RawBuilder<unknown>,
  choice: VersionChoice,
) {
  let select = db
    .selectFrom('model_versions as x')
    .selectAll('x')
    .where(sql<boolean>`x.model_key = m.key`)
    .where('x.deleted_at', 'is', null)
    .where(versionSeenBy(viewer, 'x'));
  if (choice.id) select = select.where('x.id', '=', choice.id);
  if (choice.ids && choice.ids.length > 0) {
    select = select.where(sql<boolean>`x.id = any(${[...choice.ids]}::text[])`);
  }
  if (choice.ready) select = select.orderBy(sql`(x.status_code = ${TRAINED})`, 'desc');
  return select.orderBy('x.key', 'desc').limit(1);
}

export interface NewModelVersion {
  readonly id: string;
  readonly statusCode: number;
  readonly statusDetails?: string;
  readonly visibility: number;
  readonly body: string;
  readonly completedAt?: Date;
}

/** Adds a version, which makes its model the last changed one; undefined when the model has a version of the id. */
export async function insertModelVersion(
  tx: Tx,
  model: bigint,
  version: NewModelVersion,
): Promise<bigint | undefined> {
  const row = await tx
    .insertInto('model_versions')
    .values({
      model_key: model,
      id: version.id,
      status_code: version.statusCode,
      status_details: version.statusDetails ?? '',
      visibility: version.visibility,
      body: version.body,
      completed_at: version.completedAt ?? null,
    })
    .onConflict((conflict) =>
      conflict.columns(['model_key', 'id']).where('deleted_at', 'is', null).doNothing(),
    )
    .returning('key')
    .executeTakeFirst();
  if (row) {
    await tx
      .updateTable('models')
      .set({ modified_at: sql`now()` })
      .where('key', '=', model)
      .execute();
  }
  return row?.key;
}

/** Brings a version into another state, as training, building and uploading do. */
export async function setVersionStatus(
  tx: Tx,
  key: bigint,
  status: { readonly code: number; readonly details?: string; readonly completedAt?: Date },
): Promise<void> {
  await tx
    .updateTable('model_versions')
    .set({
      status_code: status.code,
      status_details: status.details ?? '',
      modified_at: sql`now()`,
      ...(status.completedAt && { completed_at: status.completedAt }),
    })
    .where('key', '=', key)
    .execute();
}

export async function updateModelVersion(
  tx: Tx,
  key: bigint,
  change: { readonly visibility: number; readonly body: string },
): Promise<void> {
  await tx
    .updateTable('model_versions')
    .set({ ...change, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Living versions of a model by id, in the order of the ids, kept from changing until the transaction ends. */
export async function lockModelVersions(
  tx: Tx,
  model: bigint,
  ids: readonly string[],
): Promise<ModelVersionRow[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('model_versions')
    .selectAll()
    .where('model_key', '=', model)
    .where('id', 'in', [...ids])
    .where('deleted_at', 'is', null)
    .orderBy('key')
    .forUpdate()
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export async function getModelVersions(
  db: Db | Tx,
  keys: readonly bigint[],
): Promise<ModelVersionRow[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .selectFrom('model_versions')
    .selectAll()
    .where('key', 'in', [...keys])
    .execute();
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

/** Deletes a version by id; false when the model has none of it. */
export async function deleteModelVersion(tx: Tx, model: bigint, id: string): Promise<boolean> {
  const row = await tx
    .updateTable('model_versions')
    .set({ deleted_at: sql`now()` })
    .where('model_key', '=', model)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returning('key')
    .executeTakeFirst();
  return row !== undefined;
}

export interface VersionQuery {
  readonly sort: 'created_at' | 'status_code' | 'num_inputs' | 'description';
  readonly ascending: boolean;
  /** False: only public ones. */
  readonly all: boolean;
  readonly trainedOnly?: boolean;
  /** Only versions whose vocabulary holds all of these concepts. */
  readonly conceptIds?: readonly string[];
  readonly minReplicas?: number;
}

const SORTS: Readonly<Record<VersionQuery['sort'], RawBuilder<unknown>>> = {
  // Versions are made one after the other, so their keys are in the order of their times.
  created_at: sql`v.key`,
  status_code: sql`v.status_code`,
  num_inputs: sql`coalesce((v.body ->> 'total_input_count')::bigint, 0)`,
  description: sql`coalesce(v.body ->> 'description', '')`,
};

export async function listModelVersions(
  db: Db,
  model: bigint,
  query: VersionQuery,
  window: Window,
): Promise<ModelVersionRow[]> {
  let select = db
    .selectFrom('model_versions as v')
    .selectAll('v')
    .where('v.model_key', '=', model)
    .where('v.deleted_at', 'is', null);
  if (!query.all) {
    select = select.where((eb) =>
      eb.or([eb('v.visibility', '>=', PUBLIC), eb('v.visibility', '=', INHERITED)]),
    );
  }
  if (query.trainedOnly) select = select.where('v.status_code', '=', TRAINED);
  for (const id of query.conceptIds ?? []) {
    select = select.where(sql<boolean>`exists (
      select 1 from model_version_concepts vc join concepts c on c.key = vc.concept_key
      where vc.version_key = v.key and c.id = ${id})`);
  }
  if (query.minReplicas) {
    select = select.where(
      sql<boolean>`(select coalesce(sum(r.num_replicas), 0) from runners r where r.model_version = v.key) >= ${query.minReplicas}`,
    );
  }
  const direction = query.ascending ? 'asc' : 'desc';
  const ordered = select.orderBy(SORTS[query.sort], direction);
  return await applyPage(ordered, window, [], { column: 'v.key', direction }).execute();
}

export interface VocabularyEntry {
  readonly conceptKey: bigint;
  /** A threshold, where the version compares with one. */
  readonly value: number | null;
}

/** Sets the vocabulary of a version, in its order, in place of any that it had. */
export async function setVocabulary(
  tx: Tx,
  version: bigint,
  entries: readonly VocabularyEntry[],
): Promise<void> {
  await tx.deleteFrom('model_version_concepts').where('version_key', '=', version).execute();
  if (entries.length === 0) return;
  const keys = entries.map(({ conceptKey }) => conceptKey);
  const values = entries.map(({ value }) => value);
  await sql`
    insert into model_version_concepts (version_key, ordinal, concept_key, value)
    select ${version}, row_number() over (order by n), concept_key, value
    from unnest(${keys}::bigint[], ${values}::real[]) with ordinality as given (concept_key, value, n)`.execute(
    tx,
  );
}

export type VocabularyRow = ConceptRow & {
  readonly app_id: string;
  readonly user_id: string;
  readonly threshold: number | null;
};

/** The whole vocabulary of a version in its order, in a language where it has the words. */
export async function getVocabulary(
  db: Db | Tx,
  version: bigint,
  language = '',
): Promise<VocabularyRow[]> {
  const rows = await db
    .selectFrom('model_version_concepts as v')
    .innerJoin('concepts as c', 'c.key', 'v.concept_key')
    .innerJoin('apps as a', 'a.key', 'c.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .leftJoin('concept_languages as l', (join) =>
      join.onRef('l.concept_key', '=', 'c.key').on('l.language', '=', language),
    )
    .selectAll('c')
    .select(['a.id as app_id', 'u.id as user_id', 'v.value as threshold', 'l.name as translation'])
    .where('v.version_key', '=', version)
    .orderBy('v.ordinal')
    .execute();
  return rows.map(({ translation, ...row }) =>
    translation === null ? row : { ...row, name: translation, language },
  );
}
