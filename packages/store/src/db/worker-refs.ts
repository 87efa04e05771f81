// What a runner or deployment works on, with the ids that clients know it by.
import { sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { FoundModel } from './model-refs.ts';
import { selectModels, toModelRow } from './models.ts';

export interface ModelRef {
  readonly modelId: string;
  readonly modelTypeId: string;
  readonly versionId: string;
  readonly appId: string;
  readonly userId: string;
}

/** Ids of model versions by their keys. */
export async function modelRefs(
  db: Db | Tx,
  versions: readonly bigint[],
): Promise<Map<bigint, ModelRef>> {
  if (versions.length === 0) return new Map();
  const rows = await db
    .selectFrom('model_versions as v')
    .innerJoin('models as m', 'm.key', 'v.model_key')
    .innerJoin('apps as a', 'a.key', 'm.app_key')
    .innerJoin('users as u', 'u.key', 'a.user_key')
    .select([
      'v.key',
      'v.id as versionId',
      'm.id as modelId',
      'm.model_type_id as modelTypeId',
      'a.id as appId',
      'u.id as userId',
    ])
    .where('v.key', 'in', [...new Set(versions)])
    .execute();
  return new Map(rows.map(({ key, ...ref }) => [key, ref]));
}

/** A model and one of its versions, as its owner sees them; undefined once either is deleted. */
export async function findVersionByKey(
  db: Db | Tx,
  version: bigint,
): Promise<FoundModel | undefined> {
  const ref = await db
    .selectFrom('model_versions')
    .select(['model_key', 'id'])
    .where('key', '=', version)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!ref) return undefined;
  const row = await selectModels(db, sql`u.key`, { id: ref.id })
    .where('m.key', '=', ref.model_key)
    .executeTakeFirst();
  if (!row) return undefined;
  const model = toModelRow(row);
  return model.version ? { model, version: model.version, own: true } : undefined;
}
