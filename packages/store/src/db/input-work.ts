// Processing of inputs, as far as it is SQL. An input is claimed by counting its attempt up; whoever claimed it may
// finish it only while that count stands, so an input that two workers took by accident is finished by the second.
import type { AppScope } from '@limpid/domain/access/authority';
import type { InputKind, MediaEntry } from '@limpid/domain/input/media';
import { sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { Ended } from './input-jobs.ts';
import { inputStatus } from './inputs.ts';

// Written so that the index of all unfinished inputs does not fit: with many of them waiting, the planner would walk
// through it for a handful of keys.
const unfinished = sql`status_code + 0 in (30001, 30003)`;

export interface AppToWork {
  readonly appKey: bigint;
  readonly appId: string;
  readonly userKey: bigint;
  readonly userId: string;
}

/** A living app, for a job that carries its key; undefined once it is deleted. */
export async function findAppToWork(db: Db, appKey: bigint): Promise<AppToWork | undefined> {
  return await db
    .selectFrom('apps as a')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .select(['a.key as appKey', 'a.id as appId', 'u.key as userKey', 'u.id as userId'])
    .where('a.key', '=', appKey)
    .where('a.deleted_at', 'is', null)
    .executeTakeFirst();
}

/** Finishes texts that stand whole in their rows: there is nothing to fetch or to look at. */
export async function finishPlainTexts(
  tx: Tx,
  scope: AppScope,
  keys: readonly bigint[],
): Promise<Ended[]> {
  const { rows } = await sql<{ job_key: bigint | null }>`
    update inputs set status_code = ${inputStatus.done}::integer, modified_at = now()
    where key = any(${[...keys]}::bigint[]) and app_key = ${scope.appKey}::bigint
      and ${unfinished} and kind = 'text' and media is null and body #> '{text,raw}' is not null
    returning job_key`.execute(tx);
  return rows.map((row) => ({ jobKey: row.job_key, done: true }));
}

export interface Claim {
  readonly key: bigint;
  readonly id: string;
  readonly kind: InputKind;
  readonly body: unknown;
  readonly media: readonly MediaEntry[];
  readonly attempts: number;
}

/** Takes inputs into work and counts the attempt. Those that are finished, gone, or were tried too often are left out. */
export async function claimInputs(
  db: Db,
  scope: AppScope,
  keys: readonly bigint[],
  maxAttempts: number,
): Promise<Claim[]> {
  const { rows } = await sql<Omit<Claim, 'media'> & { media: readonly MediaEntry[] | null }>`
    update inputs set status_code = ${inputStatus.running}::integer, attempts = attempts + 1, modified_at = now()
    where key = any(${[...keys]}::bigint[]) and app_key = ${scope.appKey}::bigint
      and ${unfinished} and attempts < ${maxAttempts}::integer
    returning key, id, kind, body, media, attempts`.execute(db);
  const claims = rows.map((row) => ({ ...row, media: row.media ?? [] }));
  return claims.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** How often each of these unfinished inputs was begun. */
export async function attemptsOf(
  db: Db,
  scope: AppScope,
  keys: readonly bigint[],
): Promise<Map<bigint, number>> {
  const rows = await db
    .selectFrom('inputs')
    .select(['key', 'attempts'])
    .where('app_key', '=', scope.appKey)
    .where(sql<boolean>`key = any(${[...keys]}::bigint[])`)
    .where(sql<boolean>`${unfinished}`)
    .orderBy('key')
    .execute();
  return new Map(rows.map((row) => [row.key, row.attempts]));
}

/** Says that somebody is at unfinished inputs, so that nobody takes them for stuck. */
export async function touchInputs(db: Db, scope: AppScope, keys: readonly bigint[]): Promise<void> {
  await sql`
    update inputs set modified_at = now()
    where key = any(${[...keys]}::bigint[]) and app_key = ${scope.appKey}::bigint
      and ${unfinished}`.execute(db);
}

/** Gives claimed inputs back; untried ones, as when the process ends or a model is not ready yet, lose no attempt. */
export async function releaseClaims(
  db: Db,
  claims: readonly Claim[],
  untried: boolean,
): Promise<void> {
  const keys = claims.map((claim) => claim.key);
  const attempts = claims.map((claim) => claim.attempts);
  await sql`
    update inputs set status_code = ${inputStatus.pending}::integer, modified_at = now(),
                      attempts = inputs.attempts - ${untried ? 1 : 0}::integer
    from unnest(${keys}::bigint[], ${attempts}::integer[]) as mine (key, attempts)
    where inputs.key = mine.key and inputs.attempts = mine.attempts
      and inputs.status_code = ${inputStatus.running}::integer`.execute(db);
}

/** Notes the media of claimed inputs that go back to be described later, so that nothing is fetched twice. */
export async function keepMedia(
  tx: Tx,
  scope: AppScope,
  looked: readonly Pick<FinishedInput, 'claim' | 'media'>[],
): Promise<ReadonlySet<bigint>> {
  const rows = JSON.stringify(
    looked.map(({ claim, media }) => ({
      key: String(claim.key),
      attempts: claim.attempts,
      media: media.length > 0 ? media : null,
    })),
  );
  const { rows: kept } = await sql<{ key: bigint }>`
    update inputs set media = new.media
    from json_to_recordset(${rows}::json) as new (key bigint, attempts smallint, media jsonb)
    where inputs.key = new.key and inputs.app_key = ${scope.appKey}::bigint
      and inputs.attempts = new.attempts and inputs.status_code = ${inputStatus.running}::integer
    returning inputs.key`.execute(tx);
  return new Set(kept.map((row) => row.key));
}

export interface FinishedInput {
  readonly claim: Claim;
  readonly statusCode: number;
  readonly details: string;
  readonly media: readonly MediaEntry[];
}

export interface Finishing {
  /** Inputs that were ours to finish; for all others nothing may be written. */
  readonly keys: ReadonlySet<bigint>;
  readonly ended: readonly Ended[];
}

/** Gives claimed inputs their final status and what is known of their media. A failed one frees its URL. */
export async function finishInputs(
  tx: Tx,
  scope: AppScope,
  finished: readonly FinishedInput[],
): Promise<Finishing> {
  const rows = JSON.stringify(
    finished.map(({ claim, statusCode, details, media }) => ({
      key: String(claim.key),
      attempts: claim.attempts,
      status_code: statusCode,
      status_details: details,
      media: media.length > 0 ? media : null,
    })),
  );
  const { rows: ended } = await sql<{ key: bigint; job_key: bigint | null; status_code: number }>`
    update inputs set status_code = new.status_code, status_details = new.status_details, media = new.media,
                      url_hash = case when new.status_code = ${inputStatus.done}::integer then url_hash end,
                      modified_at = now()
    from json_to_recordset(${rows}::json)
      as new (key bigint, attempts smallint, status_code integer, status_details text, media jsonb)
    where inputs.key = new.key and inputs.app_key = ${scope.appKey}::bigint
      and inputs.attempts = new.attempts and inputs.status_code = ${inputStatus.running}::integer
    returning inputs.key, inputs.job_key, inputs.status_code`.execute(tx);
  return {
    keys: new Set(ended.map((row) => row.key)),
    ended: ended.map((row) => ({
      jobKey: row.job_key,
      done: row.status_code === inputStatus.done,
    })),
  };
}

/** Fails inputs that were begun too often: each time, the process went down with them. */
export async function failExhausted(
  tx: Tx,
  scope: AppScope,
  keys: readonly bigint[],
  maxAttempts: number,
  details: string,
): Promise<Ended[]> {
  const { rows } = await sql<{ job_key: bigint | null }>`
    update inputs set status_code = 30002, status_details = ${details}, url_hash = null, modified_at = now()
    where key = any(${[...keys]}::bigint[]) and app_key = ${scope.appKey}::bigint
      and ${unfinished} and attempts >= ${maxAttempts}::integer
    returning job_key`.execute(tx);
  return rows.map((row) => ({ jobKey: row.job_key, done: false }));
}

export interface StuckInputs {
  readonly app: bigint;
  readonly keys: readonly bigint[];
}

/** Unfinished inputs of living apps that nobody has touched for a while, oldest first. */
export async function listStuckInputs(
  db: Db,
  untouchedSeconds: number,
  limit: number,
): Promise<StuckInputs[]> {
  const { rows } = await sql<StuckInputs>`
    select app_key as app, array_agg(key order by key) as keys
    from (select i.app_key, i.key from inputs i join apps a on a.key = i.app_key and a.deleted_at is null
          where i.status_code in (30001, 30003)
            and i.modified_at < now() - make_interval(secs => ${untouchedSeconds}::integer)
          order by i.modified_at limit ${limit}::integer) as stuck
    group by app_key`.execute(db);
  return rows;
}
