import type { AppScope } from '@limpid/domain/access/authority';
import type { InputKind, MediaEntry } from '@limpid/domain/input/media';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { isSettled } from './order.ts';
import { applyKeyset, applyPage, type KeysetWindow, type Window } from './page.ts';
import type { InputsTable } from './tables.ts';

type Columns = Pick<
  Selectable<InputsTable>,
  | 'key'
  | 'id'
  | 'status_code'
  | 'status_details'
  | 'body'
  | 'metadata'
  | 'latitude'
  | 'longitude'
  | 'created_at'
  | 'modified_at'
>;

/** An input with the labels of its input-level annotation. */
export interface InputRow extends Columns {
  readonly kind: InputKind;
  readonly media: readonly MediaEntry[] | null;
  /** Body of the input-level annotation. */
  readonly labels: unknown;
}

export interface NewInput {
  readonly id: string;
  readonly kind: InputKind;
  /** JSON texts, as `writeDoc` makes them. */
  readonly body: string;
  readonly metadata: string | undefined;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  /** Set where the same URL may not come twice. */
  readonly urlHash: Buffer | undefined;
  readonly media: readonly MediaEntry[];
}

export const inputStatus = { done: 30000, pending: 30001, running: 30003 } as const;

export interface InsertedInput {
  readonly key: bigint;
  readonly createdAt: Date;
}

/**
 * Adds inputs as pending, in their order, and returns them by id. Left out are those whose id, or whose URL, the app
 * has already.
 */
export async function insertInputs(
  tx: Tx,
  scope: AppScope,
  jobKey: bigint | null,
  inputs: readonly NewInput[],
): Promise<Map<string, InsertedInput>> {
  if (inputs.length === 0) return new Map();
  const rows = `[${inputs.map(jsonOf).join(',')}]`;
  const { rows: made } = await sql<{ id: string; key: bigint; created_at: Date }>`
    insert into inputs (app_key, job_key, status_code, id, kind, body, metadata, latitude, longitude, url_hash, media)
    select ${scope.appKey}::bigint, ${jobKey}::bigint, ${inputStatus.pending}::integer, new.id, new.kind, new.body,
           new.metadata, new.latitude, new.longitude, decode(new.url_hash, 'hex'), new.media
    from json_to_recordset(${rows}::json) as new (
      id text, kind text, body jsonb, metadata jsonb, latitude float8, longitude float8, url_hash text, media jsonb)
    on conflict do nothing
    returning id, key, created_at`.execute(tx);
  return new Map(made.map((row) => [row.id, { key: row.key, createdAt: row.created_at }]));
}

/** The JSON texts go in as they are: taking them apart would only cost time. */
function jsonOf(input: NewInput): string {
  const rest = {
    id: input.id,
    kind: input.kind,
    latitude: input.latitude,
    longitude: input.longitude,
    url_hash: input.urlHash?.toString('hex'),
    media: input.media.length > 0 ? input.media : undefined,
  };
  const metadata = input.metadata === undefined ? '' : `,"metadata":${input.metadata}`;
  return `${JSON.stringify(rest).slice(0, -1)},"body":${input.body}${metadata}}`;
}

/** Which of these ids the app has. */
export async function findInputIds(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('inputs')
    .select('id')
    .where('app_key', '=', scope.appKey)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute();
  return new Set(rows.map((row) => row.id));
}

/** Inputs by id, in the order of the ids; absent ones are left out. */
export async function getInputs(
  db: Db | Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<InputRow[]> {
  if (ids.length === 0) return [];
  const rows = await readInputs(db, scope, sql`i.id = any(${[...ids]}::text[])`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Inputs by key, in the order of the keys; absent ones are left out. */
export async function getInputsByKey(
  db: Db | Tx,
  scope: AppScope,
  keys: readonly bigint[],
): Promise<InputRow[]> {
  if (keys.length === 0) return [];
  const rows = await readInputs(db, scope, sql`i.key = any(${[...keys]}::bigint[])`);
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return keys.flatMap((key) => byKey.get(key) ?? []);
}

export interface InputFilter {
  readonly statusCode?: number;
  readonly ids?: readonly string[];
}

/** The app's inputs in the order in which they came. */
export async function listInputs(
  db: Db,
  scope: AppScope,
  filter: InputFilter,
  window: Window,
): Promise<InputRow[]> {
  let query = selectInputs(db, scope);
  if (filter.statusCode) query = query.where('i.status_code', '=', filter.statusCode);
  if (filter.ids) query = query.where(sql<boolean>`i.id = any(${[...filter.ids]}::text[])`);
  return await applyPage(query, window, [], 'i.key').execute();
}

export interface InputStream {
  /** Id of the last input that the reader has. */
  readonly after: string | undefined;
  readonly byId: boolean;
}

/**
 * Inputs beyond the last one seen; undefined where that one is not there. In order of arrival nothing is missed that
 * a slow transaction still holds back: rows come only when no earlier one can appear any more.
 */
export async function streamInputs(
  db: Db,
  scope: AppScope,
  stream: InputStream,
  window: KeysetWindow,
): Promise<InputRow[] | undefined> {
  const query = selectInputs(db, scope);
  if (stream.byId) {
    const after = stream.after === undefined ? undefined : [stream.after];
    return await applyKeyset(query, window, ['i.id'], after).execute();
  }
  const settled = query.where(isSettled('i.xid'));
  if (stream.after === undefined) {
    return await applyKeyset(settled, window, ['i.xid', 'i.key'], undefined).execute();
  }
  const last = await db
    .selectFrom('inputs')
    .select([sql<string>`xid::text`.as('xid'), 'key'])
    .where('app_key', '=', scope.appKey)
    .where('id', '=', stream.after)
    .executeTakeFirst();
  if (!last) return undefined;
  const after = [sql`${last.xid}::xid8`, sql`${last.key}::bigint`];
  return await applyKeyset(settled, window, ['i.xid', 'i.key'], after).execute();
}

/** As one text, for the commonest reads: putting a query together takes as long as half of it. */
async function readInputs(
  db: Db | Tx,
  scope: AppScope,
  which: RawBuilder<unknown>,
): Promise<InputRow[]> {
  const { rows } = await sql<InputRow>`
    select i.key, i.id, i.kind, i.status_code, i.status_details, i.body, i.metadata, i.latitude, i.longitude, i.media,
           i.created_at, i.modified_at, a.body as labels
    from inputs i left join annotations a on a.input_key = i.key and a.input_level
    where i.app_key = ${scope.appKey} and ${which}`.execute(db);
  return rows;
}

function selectInputs(db: Db | Tx, scope: AppScope) {
  return db
    .selectFrom('inputs as i')
    .leftJoin('annotations as a', (join) =>
      join.onRef('a.input_key', '=', 'i.key').on('a.input_level', '=', true),
    )
    .select([
      'i.key',
      'i.id',
      sql<InputKind>`i.kind`.as('kind'),
      'i.status_code',
      'i.status_details',
      'i.body',
      'i.metadata',
      'i.latitude',
      'i.longitude',
      sql<readonly MediaEntry[] | null>`i.media`.as('media'),
      'i.created_at',
      'i.modified_at',
      'a.body as labels',
    ])
    .where('i.app_key', '=', scope.appKey);
}

/** How many inputs the app has of each status. */
export async function countInputsByStatus(db: Db, scope: AppScope): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('inputs')
    .select(['status_code', sql<number>`count(*)::integer`.as('count')])
    .where('app_key', '=', scope.appKey)
    .groupBy('status_code')
    .execute();
  return new Map(rows.map((row) => [row.status_code, row.count]));
}

/** Keys of inputs that are about to be changed, locked until the transaction ends. */
export async function lockInputs(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<Map<string, bigint>> {
  const rows = await tx
    .selectFrom('inputs')
    .select(['id', 'key'])
    .where('app_key', '=', scope.appKey)
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    // One order for all, so that two patches wait for each other instead of deadlocking.
    .orderBy('key')
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.id, row.key]));
}

export interface InputChange {
  readonly key: bigint;
  readonly metadata: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** Writes what a patch may change besides labels. */
export async function updateInputs(tx: Tx, changes: readonly InputChange[]): Promise<void> {
  const rows = JSON.stringify(changes.map((change) => ({ ...change, key: String(change.key) })));
  await sql`
    update inputs set metadata = new.metadata::jsonb, latitude = new.latitude, longitude = new.longitude,
                      modified_at = now()
    from json_to_recordset(${rows}::json) as new (key bigint, metadata text, latitude float8, longitude float8)
    where inputs.key = new.key`.execute(tx);
}

export interface DeletedInput {
  readonly id: string;
  /** Of the job that still counts on it. */
  readonly openJob: bigint | null;
}

/** Deletes inputs with all that hangs on them, and returns those that existed. Blobs and vectors go to the trash. */
export async function deleteInputs(
  tx: Tx,
  scope: AppScope,
  ids: readonly string[],
): Promise<DeletedInput[]> {
  if (ids.length === 0) return [];
  const keys = await lockInputs(tx, scope, ids);
  if (keys.size === 0) return [];
  const { rows } = await sql<{ id: string; job_key: bigint | null; status_code: number }>`
    delete from inputs where key = any(${[...keys.values()]}::bigint[])
    returning id, job_key, status_code`.execute(tx);
  const { pending, running } = inputStatus;
  return rows.map(({ id, job_key, status_code }) => ({
    id,
    openJob: status_code === pending || status_code === running ? job_key : null,
  }));
}
