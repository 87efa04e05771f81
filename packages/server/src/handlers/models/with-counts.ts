import type { Db } from '@limpid/store';
import { countModels, type ModelRow } from '@limpid/store/db/models';
import type { Model } from '@limpid/wire';

/** Adds to each model how many versions and replicas it has, where the request asks for it. */
export async function withCounts(
  db: Db,
  rows: readonly ModelRow[],
  models: Model[],
  fields: readonly string[],
  showReplicas = false,
): Promise<Model[]> {
  const showVersions = fields.includes('counts') || fields.includes('all');
  if (!showVersions && !showReplicas) return models;
  const counts = await countModels(
    db,
    rows.map((row) => row.key),
  );
  for (const [index, row] of rows.entries()) {
    const model = models[index];
    const count = counts.get(row.key);
    if (!model || !count) continue;
    if (showVersions) model.versionCount = count.versions;
    if (showReplicas) model.replicaCount = count.replicas;
  }
  return models;
}
