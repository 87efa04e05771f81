import type { Caller } from '@limpid/domain/access/authority';
import { scopeSet } from '@limpid/domain/access/scopes';
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import { lockRows } from './lock-rows.ts';
import type { CredentialsTable } from './tables.ts';

export type CredentialRow = Selectable<CredentialsTable>;

export interface FoundCaller {
  readonly caller: Caller;
  readonly expiresAt: Date | null;
}

/** The living caller behind a credential's hash, or undefined: unknown, expired, disabled and deleted look alike. */
export async function findCaller(
  db: Db,
  secretHash: Buffer,
  now: Date,
): Promise<FoundCaller | undefined> {
  const row = await db
    .selectFrom('credentials as c')
    .innerJoin('users as u', 'u.key', 'c.user_key')
    .leftJoin('apps as a', 'a.key', 'c.app_key')
    .select([
      'c.key',
      'c.public_id',
      'c.kind',
      'c.scopes',
      'c.endpoints',
      'c.runner_id',
      'c.app_key',
      'c.expires_at',
      'a.id as app_id',
      'a.deleted_at as app_deleted_at',
      'u.key as user_key',
      'u.id as user_id',
      'u.is_admin',
      'u.rate_limit_rps',
    ])
    .where('c.secret_hash', '=', secretHash)
    .where('u.disabled_at', 'is', null)
    .where((eb) => eb.or([eb('c.expires_at', 'is', null), eb('c.expires_at', '>', now)]))
    .executeTakeFirst();
  if (!row || row.app_deleted_at) return undefined;
  const caller: Caller = {
    userKey: row.user_key,
    userId: row.user_id,
    isAdmin: row.is_admin,
    rateLimitRps: row.rate_limit_rps,
    credential: {
      key: row.key,
      publicId: row.public_id,
      kind: row.kind,
      scopes: scopeSet(row.scopes, row.endpoints),
      grantedScopes: row.scopes,
      grantedEndpoints: row.endpoints,
      app:
        row.app_key !== null && row.app_id !== null ? { key: row.app_key, id: row.app_id } : null,
      runnerId: row.runner_id,
    },
  };
  return { caller, expiresAt: row.expires_at };
}

export interface NewCredential {
  readonly userKey: bigint;
  readonly appKey?: bigint;
  readonly kind: CredentialRow['kind'];
  readonly publicId: string;
  readonly secretHash: Buffer;
  readonly description?: string;
  readonly scopes: readonly string[];
  readonly endpoints?: readonly string[];
  readonly fromEnv?: boolean;
  readonly runnerId?: string;
  readonly expiresAt?: Date;
}

export async function insertCredential(db: Db | Tx, fields: NewCredential): Promise<CredentialRow> {
  return await db
    .insertInto('credentials')
    .values({
      user_key: fields.userKey,
      app_key: fields.appKey ?? null,
      kind: fields.kind,
      public_id: fields.publicId,
      secret_hash: fields.secretHash,
      description: fields.description ?? '',
      scopes: [...fields.scopes],
      endpoints: [...(fields.endpoints ?? [])],
      from_env: fields.fromEnv ?? false,
      runner_id: fields.runnerId ?? null,
      expires_at: fields.expiresAt ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** A PAT or app key of the user by its public id or by the hash of its secret: clients hold either. */
export async function findKey(
  db: Db | Tx,
  userKey: bigint,
  by: { publicId: string; secretHash: Buffer },
): Promise<CredentialRow | undefined> {
  return await db
    .selectFrom('credentials')
    .selectAll()
    .where('user_key', '=', userKey)
    .where('kind', 'in', ['pat', 'app_key'])
    .where((eb) =>
      eb.or([eb('public_id', '=', by.publicId), eb('secret_hash', '=', by.secretHash)]),
    )
    .executeTakeFirst();
}

/** Keeps keys of a user, named as for `findKey`, from changing until the transaction ends. */
export async function lockKeys(
  tx: Tx,
  userKey: bigint,
  named: readonly { readonly publicId: string; readonly secretHash: Buffer }[],
): Promise<void> {
  const publicIds = named.map(({ publicId }) => publicId);
  const secretHashes = named.map(({ secretHash }) => secretHash);
  const where = sql`user_key = ${userKey}
    and (public_id = any(${publicIds}::text[]) or secret_hash = any(${secretHashes}::bytea[]))`;
  await lockRows(tx, 'credentials', where);
}

export interface KeyFilter {
  readonly appKey?: bigint;
  readonly kind?: 'pat' | 'app_key';
  readonly scopes?: readonly string[];
  readonly endpoints?: readonly string[];
  /** Leave out those that expired by this moment. */
  readonly notExpiredAt?: Date;
}

/** PATs and app keys of a user, oldest first. */
export async function listKeys(
  db: Db,
  userKey: bigint,
  filter: KeyFilter,
  page: { limit: number; offset: number },
): Promise<CredentialRow[]> {
  let query = db
    .selectFrom('credentials')
    .selectAll()
    .where('user_key', '=', userKey)
    .where('kind', 'in', filter.kind ? [filter.kind] : ['pat', 'app_key']);
  if (filter.appKey !== undefined) query = query.where('app_key', '=', filter.appKey);
  if (filter.scopes?.length) query = query.where(sql<boolean>`scopes @> ${[...filter.scopes]}`);
  if (filter.endpoints?.length)
    query = query.where(sql<boolean>`endpoints @> ${[...filter.endpoints]}`);
  const moment = filter.notExpiredAt;
  if (moment)
    query = query.where((eb) =>
      eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', moment)]),
    );
  return await query.orderBy('key').limit(page.limit).offset(page.offset).execute();
}

export interface KeyChange {
  readonly description: string;
  readonly scopes: readonly string[];
  readonly endpoints: readonly string[];
}

export async function updateKey(
  db: Db | Tx,
  key: bigint,
  change: KeyChange,
): Promise<CredentialRow> {
  return await db
    .updateTable('credentials')
    .set({
      description: change.description,
      scopes: [...change.scopes],
      endpoints: [...change.endpoints],
    })
    .where('key', '=', key)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteCredential(db: Db | Tx, key: bigint): Promise<void> {
  await db.deleteFrom('credentials').where('key', '=', key).execute();
}

/** Ids of the apps that these keys open, by key. */
export async function appIdsOf(
  db: Db | Tx,
  appKeys: readonly bigint[],
): Promise<Map<bigint, string>> {
  if (appKeys.length === 0) return new Map();
  const rows = await db
    .selectFrom('apps')
    .select(['key', 'id'])
    .where('key', 'in', [...appKeys])
    .execute();
  return new Map(rows.map((row) => [row.key, row.id]));
}

/** Puts this PAT in the place of those that came from the environment before; the same one again changes nothing. */
export async function replaceEnvPat(tx: Tx, fields: NewCredential): Promise<void> {
  await tx
    .deleteFrom('credentials')
    .where('user_key', '=', fields.userKey)
    .where('from_env', '=', true)
    .where('secret_hash', '<>', fields.secretHash)
    .execute();
  const present = await tx
    .selectFrom('credentials')
    .select('key')
    .where('secret_hash', '=', fields.secretHash)
    .executeTakeFirst();
  if (!present) await insertCredential(tx, fields);
}
