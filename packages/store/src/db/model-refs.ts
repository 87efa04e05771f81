// Where the names of models in requests, workflows and deployments become rows: the one place of the resolution rule.
import type { AppScope, Caller, UserScope } from '@limpid/domain/access/authority';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from './db.ts';
import type { ModelVersionRow, VersionChoice } from './model-versions.ts';
import { type ModelRow, selectModels, toModelRow } from './models.ts';
import { seenBy } from './place.ts';

/** Holds the instance's own models and workflows. */
export const SHARED_APP = { userId: 'clarifai', appId: 'main' } as const;

/** A model as a caller names it: in a resolved scope, or by ids that stand in a message. */
export interface ModelRef {
  readonly scope?: AppScope | UserScope | undefined;
  readonly userId?: string;
  readonly appId?: string;
  /** Its id, or a former or short one. */
  readonly modelId: string;
  /** Empty for the newest. */
  readonly versionId?: string;
  /** Prefer the newest version that can predict to one that cannot yet. */
  readonly ready?: boolean;
}

export interface FoundModel {
  readonly model: ModelRow;
  /** Null when none was named and the model has none that the caller sees. */
  readonly version: ModelVersionRow | null;
  /** The caller owns it and sees all of its versions. */
  readonly own: boolean;
}

/**
 * The model and version that a caller means; undefined when there is none that it may see. A model that the named app
 * lacks, or that is named without an app, is looked for in the shared app, unless an app key asks.
 */
export async function findModelVersion(
  db: Db | Tx,
  caller: Caller,
  ref: ModelRef,
): Promise<FoundModel | undefined> {
  const choice: VersionChoice = { id: ref.versionId ?? '', ready: ref.ready ?? false };
  const apps = appsOf(caller, ref);
  const row = await selectModels(db, caller.userKey, choice)
    .where(
      sql<boolean>`m.key in (
        select key from models where app_key in (${apps}) and id = ${ref.modelId} and deleted_at is null
        union all
        select model_key from model_aliases where app_key in (${apps}) and alias = ${ref.modelId})`,
    )
    .where(seenBy(caller.userKey, 'm'))
    // The named app goes before the shared one, a model that has the id before one that once had it.
    .orderBy(sql`(u.id = ${SHARED_APP.userId} and a.id = ${SHARED_APP.appId})`)
    .orderBy(sql`(m.id = ${ref.modelId})`, 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const model = toModelRow(row);
  if (ref.versionId && !model.version) return undefined;
  return { model, version: model.version, own: model.owner_key === caller.userKey };
}

/** App keys stay in their app, and runners serve what they were made for. */
export function mayFallBack(caller: Caller): boolean {
  return caller.credential.kind === 'pat' || caller.credential.kind === 'session';
}

/** Keys of the apps to look in: the one that is named, if any, and the shared one. */
function appsOf(caller: Caller, ref: ModelRef): RawBuilder<unknown> {
  const { app } = caller.credential;
  if (app) return sql`${app.key}`;
  const shared = mayFallBack(caller) ? [appKey(SHARED_APP.userId, SHARED_APP.appId)] : [];
  const { scope, appId } = ref;
  if (scope?.kind === 'app') return sql.join([sql`${scope.appKey}`, ...shared]);
  const owner = !ref.userId || ref.userId === 'me' ? caller.userId : ref.userId;
  const apps = appId ? [appKey(owner, appId), ...shared] : shared;
  return apps.length > 0 ? sql.join(apps) : sql`null::bigint`;
}

function appKey(userId: string, appId: string): RawBuilder<unknown> {
  return sql`(select a.key from apps a join users u on u.key = a.user_key
    where u.id = ${userId} and a.id = ${appId} and a.deleted_at is null)`;
}
