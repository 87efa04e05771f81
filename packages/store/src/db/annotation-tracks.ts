import type { AppScope } from '@limpid/domain/access/authority';
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import { applyPage, type Window } from './page.ts';
import type { AnnotationTracksTable } from './tables.ts';

/** A track with the id of its input. */
export interface AnnotationTrackRow extends Selectable<AnnotationTracksTable> {
  readonly input_id: string;
}

export interface TrackFields {
  readonly status_code: number;
  readonly status_details: string;
  readonly body: string;
}

/** Adds tracks to an input; ids that it has are left out of the answer. */
export async function insertTracks(
  tx: Tx,
  scope: AppScope,
  inputKey: bigint,
  tracks: readonly (TrackFields & { readonly id: string })[],
): Promise<string[]> {
  const rows = await tx
    .insertInto('annotation_tracks')
    .values(tracks.map((track) => ({ app_key: scope.appKey, input_key: inputKey, ...track })))
    .onConflict((conflict) => conflict.columns(['input_key', 'id']).doNothing())
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

export async function updateTrack(tx: Tx, key: bigint, fields: TrackFields): Promise<void> {
  await tx
    .updateTable('annotation_tracks')
    .set({ ...fields, modified_at: sql`now()` })
    .where('key', '=', key)
    .execute();
}

/** Tracks of an input by id, in the order of the ids; absent ones are left out. */
export async function getTracks(
  db: Db | Tx,
  scope: AppScope,
  inputId: string,
  ids: readonly string[],
): Promise<AnnotationTrackRow[]> {
  const rows = await selectTracks(db, scope)
    .where('i.id', '=', inputId)
    .where(isOne(ids))
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Keeps tracks of an input from changing until the transaction ends. */
export async function lockTracks(
  tx: Tx,
  scope: AppScope,
  inputId: string,
  ids: readonly string[],
): Promise<void> {
  const where = sql`id = any(${[...ids]}::text[]) and input_key in (
    select key from inputs where app_key = ${scope.appKey} and id = ${inputId})`;
  await lockRows(tx, 'annotation_tracks', where);
}

/** Tracks of an input in the order in which they were made; without ids all of them. */
export async function listTracks(
  db: Db,
  scope: AppScope,
  inputId: string,
  ids: readonly string[],
  window: Window,
): Promise<AnnotationTrackRow[]> {
  const query = selectTracks(db, scope).where('i.id', '=', inputId);
  const wanted = ids.length > 0 ? query.where(isOne(ids)) : query;
  return await applyPage(wanted, window, [], 't.key').execute();
}

/**
 * Deletes tracks by id, of one input or wherever they are, with the annotations that are of nothing else. Returns the
 * ids that there were.
 */
export async function deleteTracks(
  tx: Tx,
  scope: AppScope,
  inputId: string | undefined,
  ids: readonly string[],
): Promise<Set<string>> {
  const inInput = inputId === undefined ? sql`true` : sql`i.id = ${inputId}`;
  const { rows } = await sql<{ id: string; input_key: bigint }>`
    delete from annotation_tracks t using inputs i
    where i.key = t.input_key and t.app_key = ${scope.appKey}::bigint and t.id = any(${[...ids]}::text[])
      and ${inInput}
    returning t.id, t.input_key`.execute(tx);
  await sql`
    delete from annotations n using unnest(
      ${rows.map((row) => row.input_key)}::bigint[], ${rows.map((row) => row.id)}::text[]) as gone (input_key, id)
    where n.input_key = gone.input_key and not n.input_level
      and jsonb_path_exists(n.body, '$.data.**.track_id ? (@ == $id)', jsonb_build_object('id', gone.id))
      and not jsonb_path_exists(n.body, '$.data.**.regions[*] ? (!(exists(@.track_id)) || @.track_id != $id)',
        jsonb_build_object('id', gone.id))`.execute(tx);
  return new Set(rows.map((row) => row.id));
}

function isOne(ids: readonly string[]) {
  return sql<SqlBool>`t.id = any(${[...ids]}::text[])`;
}

function selectTracks(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('annotation_tracks as t')
    .innerJoin('inputs as i', 'i.key', 't.input_key')
    .selectAll('t')
    .select('i.id as input_id')
    .where('t.app_key', '=', scope.appKey);
}
