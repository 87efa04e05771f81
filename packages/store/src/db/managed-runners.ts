// Runners of the instance's own models, in a cluster and nodepool of the shared user.
import { sql } from 'kysely';
import { SHARED_APP } from './app-refs.ts';
import type { Db, Tx } from './db.ts';

export interface BuiltInPlace {
  readonly userKey: bigint;
  readonly nodepoolKey: bigint;
}

const CLUSTER = 'limpid';
const NODEPOOL = 'built-in';

/** The nodepool of built-in models, made where it is missing; undefined before the shared user is. */
export async function ensureBuiltInPlace(tx: Tx): Promise<BuiltInPlace | undefined> {
  const user = await tx
    .selectFrom('users')
    .select('key')
    .where('id', '=', SHARED_APP.userId)
    .executeTakeFirst();
  if (!user) return undefined;
  await tx
    .insertInto('compute_clusters')
    .values({
      user_key: user.key,
      id: CLUSTER,
      body: '{"description":"Models of this instance","cluster_type":"local","managed_by":"limpid"}',
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const cluster = await tx
    .selectFrom('compute_clusters')
    .select('key')
    .where('user_key', '=', user.key)
    .where('id', '=', CLUSTER)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('nodepools')
    .values({ cluster_key: cluster.key, id: NODEPOOL, body: '{}' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const nodepool = await tx
    .selectFrom('nodepools')
    .select('key')
    .where('cluster_key', '=', cluster.key)
    .where('id', '=', NODEPOOL)
    .executeTakeFirstOrThrow();
  return { userKey: user.key, nodepoolKey: nodepool.key };
}

/** Adds a runner for every living version of the shared app's models that has none. */
export async function ensureManagedRunners(
  tx: Tx,
  place: BuiltInPlace,
  newId: () => string,
): Promise<void> {
  const { rows } = await sql<{ key: bigint }>`
    select v.key
    from model_versions v
    join models m on m.key = v.model_key and m.deleted_at is null
    join apps a on a.key = m.app_key and a.id = ${SHARED_APP.appId} and a.user_key = ${place.userKey}
    where v.deleted_at is null
      and not exists (select 1 from runners r where r.model_version = v.key and r.managed_by = 'agent')
    order by v.key`.execute(tx);
  if (rows.length === 0) return;
  await tx
    .insertInto('runners')
    .values(
      rows.map((row) => ({
        user_key: place.userKey,
        nodepool_key: place.nodepoolKey,
        id: newId(),
        model_version: row.key,
        managed_by: 'agent' as const,
      })),
    )
    .execute();
}

export interface ManagedRunner {
  readonly runnerId: string;
  readonly userKey: bigint;
  readonly userId: string;
  readonly computeClusterId: string;
  readonly nodepoolId: string;
  readonly modelId: string;
}

export async function findManagedRunner(db: Db, key: bigint): Promise<ManagedRunner | undefined> {
  return await db
    .selectFrom('runners as r')
    .innerJoin('users as u', 'u.key', 'r.user_key')
    .innerJoin('nodepools as n', 'n.key', 'r.nodepool_key')
    .innerJoin('compute_clusters as c', 'c.key', 'n.cluster_key')
    .innerJoin('model_versions as v', 'v.key', 'r.model_version')
    .innerJoin('models as m', 'm.key', 'v.model_key')
    .select([
      'r.id as runnerId',
      'u.key as userKey',
      'u.id as userId',
      'c.id as computeClusterId',
      'n.id as nodepoolId',
      'm.id as modelId',
    ])
    .where('r.key', '=', key)
    .where('r.managed_by', '=', 'agent')
    .executeTakeFirst();
}

export async function revokeRunnerTokens(tx: Tx, runnerId: string): Promise<void> {
  await tx.deleteFrom('credentials').where('runner_id', '=', runnerId).execute();
}
