import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { PRIVATE } from '@limpid/domain/access/visibility';
import { TOTAL } from '@limpid/domain/dataset/metrics';
import type { Db, Tx } from '@limpid/store';
import {
  type DatasetVersionFields,
  type DatasetVersionRow,
  getDatasetVersions,
} from '@limpid/store/db/dataset-versions';
import type { DatasetRow } from '@limpid/store/db/datasets';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import {
  create,
  type DatasetVersion,
  DatasetVersionMetricsSchema,
  DatasetVersionSchema,
  notFound,
  StatusSchema,
  statusInfo,
  VisibilitySchema,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { exportInfo } from './export-message.ts';

// Besides what stands in columns, what no client can say: what was counted and exported.
const COLUMNS = [
  'id',
  'appId',
  'userId',
  'datasetId',
  'status',
  'visibility',
  'createdAt',
  'modifiedAt',
  'metrics',
  'exportInfo',
] as const;

/** A version as clients see it. */
export function versionMessage(deps: Pick<Deps, 'config'>, row: DatasetVersionRow): DatasetVersion {
  const version = readDoc(DatasetVersionSchema, row.body);
  version.id = row.id;
  version.datasetId = row.dataset_id;
  version.appId = row.app_id;
  version.userId = row.user_id;
  version.visibility = create(VisibilitySchema, { gettable: row.visibility });
  version.createdAt = timestampFromDate(row.created_at);
  version.modifiedAt = timestampFromDate(row.modified_at);
  version.status = create(StatusSchema, {
    code: row.status_code,
    description: statusInfo(row.status_code).description,
    details: row.status_details,
  });
  if (row.metrics !== null)
    version.metrics[TOTAL] = readDoc(DatasetVersionMetricsSchema, row.metrics);
  const exported = exportInfo(deps, row);
  if (exported) version.exportInfo = exported;
  return version;
}

/** Splits a version that is to be stored into columns and body. */
export function storedVersion(version: DatasetVersion): DatasetVersionFields {
  return {
    visibility: version.visibility?.gettable || PRIVATE,
    body: writeDoc(DatasetVersionSchema, version, { omit: COLUMNS }),
  };
}

export async function requireVersion(
  db: Db | Tx,
  scope: AppScope,
  dataset: DatasetRow,
  id: string,
): Promise<DatasetVersionRow> {
  const [row] = await getDatasetVersions(db, scope, dataset.key, [id]);
  if (!row) throw notFound();
  return row;
}
