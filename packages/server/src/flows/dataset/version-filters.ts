// Which annotations are in a version that is made with an annotation filter.
import { grantApp } from '@limpid/domain/access/authority';
import { readFiltering } from '@limpid/domain/query/read-search';
import type { Db } from '@limpid/store';
import { findVersionPlace, type SnapshotFilter } from '@limpid/store/db/dataset-snapshots';
import { readDoc } from '@limpid/store/db/doc';
import { knownNow } from '@limpid/store/db/known';
import { DatasetVersionSchema } from '@limpid/wire';
import { planFilters } from '../search/plan.ts';

/** Undefined where all counts that people say. `callerId` asked for the version: the `me` of its filter. */
export async function versionFilters(
  db: Db,
  version: bigint,
  callerId: string | undefined,
): Promise<SnapshotFilter | undefined> {
  const found = await findVersionPlace(db, version);
  if (!found) return undefined;
  const { dataConfig } = readDoc(DatasetVersionSchema, found.body);
  const filter =
    dataConfig.case === 'annotationFilterConfig' ? dataConfig.value.annotationFilter : undefined;
  if (!filter?.search) return undefined;
  const { appKey, appId, userKey, userId } = found;
  const scope = grantApp({ appKey, appId, userKey, userId, standing: 'owner' });
  const term = readFiltering(filter.search, 'annotation_filter.search');
  const place = { db, known: await knownNow(db), scope, userId: callerId ?? userId };
  return { scope, filters: await planFilters(place, term) };
}
