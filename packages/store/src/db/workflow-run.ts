// What running a workflow needs to know: which workflow an app is based on, and the models of nodes with their words.
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './db.ts';
import type { FoundModel } from './model-refs.ts';
import { selectModels, toModelRow } from './models.ts';
import { seenBy } from './place.ts';
import { type FoundWorkflow, getWorkflowWithNodes } from './workflow-refs.ts';

/** The newest version of an app's base workflow; undefined where it has none, or it was deleted. */
export async function findBaseWorkflow(
  db: Db,
  appKey: bigint,
): Promise<Omit<FoundWorkflow, 'own'> | undefined> {
  const row = await db
    .selectFrom('apps')
    .select('default_workflow')
    .where('key', '=', appKey)
    .executeTakeFirst();
  if (!row || row.default_workflow === null) return undefined;
  return await getWorkflowWithNodes(db, row.default_workflow);
}

/** Models of nodes by their version, as far as the workflow's owner may still use them. */
export async function findNodeModels(
  db: Db,
  owner: bigint,
  versions: readonly bigint[],
): Promise<Map<bigint, FoundModel>> {
  const found = new Map<bigint, FoundModel>();
  if (versions.length === 0) return found;
  const rows = await db
    .selectFrom('model_versions')
    .select(['key', 'model_key', 'id'])
    .where('key', 'in', [...new Set(versions)])
    .where('deleted_at', 'is', null)
    .execute();
  for (const { key, model_key, id } of rows) {
    const row = await selectModels(db, owner, { id })
      .where('m.key', '=', model_key)
      .where(seenBy(owner, 'm'))
      .executeTakeFirst();
    const model = row && toModelRow(row);
    if (model?.version) found.set(key, { model, version: model.version, own: false });
  }
  return found;
}

/** Keys of the concepts that a version names, by their ids. */
export async function versionConceptKeys(
  db: Db,
  version: bigint,
  ids: readonly string[],
): Promise<Map<string, bigint>> {
  if (ids.length === 0) return new Map();
  const isNamed: RawBuilder<boolean> = sql`c.id = any(${[...new Set(ids)]}::text[])`;
  const rows = await db
    .selectFrom('model_version_concepts as v')
    .innerJoin('concepts as c', 'c.key', 'v.concept_key')
    .select(['c.id', 'c.key'])
    .where('v.version_key', '=', version)
    .where(isNamed)
    .execute();
  return new Map(rows.map(({ id, key }) => [id, key]));
}
