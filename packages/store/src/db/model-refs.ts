// Where the names of models in requests, workflows and deployments become rows: the one place of the resolution rule.
import type { Caller } from '@limpid/domain/access/authority';
import { sql } from 'kysely';
import { type AppRef, candidateApps, sharedLast } from './app-refs.ts';
import type { Db, Tx } from './db.ts';
import type { ModelVersionRow, VersionChoice } from './model-versions.ts';
import { type ModelRow, selectModels, toModelRow } from './models.ts';
import { seenBy } from './place.ts';

export { SHARED_APP } from './app-refs.ts';

/** A model as a caller names it. */
export interface ModelRef extends AppRef {
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
  const apps = candidateApps(caller, ref);
  const row = await selectModels(db, caller.userKey, choice)
    .where(
      sql<boolean>`m.key in (
        select key from models where app_key in (${apps}) and id = ${ref.modelId} and deleted_at is null
        union all
        select model_key from model_aliases where app_key in (${apps}) and alias = ${ref.modelId})`,
    )
    .where(seenBy(caller.userKey, 'm'))
    // The named app goes before the shared one, a model that has the id before one that once had it.
    .orderBy(sharedLast())
    .orderBy(sql`(m.id = ${ref.modelId})`, 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const model = toModelRow(row);
  if (ref.versionId && !model.version) return undefined;
  return { model, version: model.version, own: model.owner_key === caller.userKey };
}
