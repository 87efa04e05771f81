import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AppScope } from '@limpid/domain/access/authority';
import { PRIVATE } from '@limpid/domain/access/visibility';
import type { Db, Tx } from '@limpid/store';
import { type DatasetFields, type DatasetRow, getDatasets } from '@limpid/store/db/datasets';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import {
  AnnotationFilterSchema,
  create,
  type Dataset,
  DatasetSchema,
  DatasetVersionSchema,
  invalidRequest,
  notFound,
  VisibilitySchema,
} from '@limpid/wire';

const COLUMNS = [
  'id',
  'appId',
  'userId',
  'visibility',
  'createdAt',
  'modifiedAt',
  'version',
  'isStarred',
  'starCount',
  'defaultAnnotationFilter',
] as const;

const MAX_NOTES_BYTES = 64 * 1024;

/** A dataset as clients see it. */
export function datasetMessage(row: DatasetRow): Dataset {
  const dataset = readDoc(DatasetSchema, row.body);
  dataset.id = row.id;
  dataset.appId = row.app_id;
  dataset.userId = row.user_id;
  dataset.visibility = create(VisibilitySchema, { gettable: row.visibility });
  dataset.starCount = row.star_count;
  dataset.createdAt = timestampFromDate(row.created_at);
  dataset.modifiedAt = timestampFromDate(row.modified_at);
  const place = { appId: row.app_id, userId: row.user_id };
  if (row.version_id !== null) {
    const ids = { id: row.version_id, datasetId: row.id, ...place };
    dataset.version = create(DatasetVersionSchema, ids);
  }
  dataset.defaultAnnotationFilter =
    row.filter_id === null
      ? undefined
      : create(AnnotationFilterSchema, { id: row.filter_id, ...place });
  return dataset;
}

/** Checks a dataset that is to be stored, and splits it into columns and body. */
export function storedDataset(dataset: Dataset, filter: bigint | null): DatasetFields {
  if (Buffer.byteLength(dataset.notes) > MAX_NOTES_BYTES) {
    throw invalidRequest('notes are longer than 64 KB');
  }
  return {
    visibility: dataset.visibility?.gettable || PRIVATE,
    annotation_filter: filter,
    body: writeDoc(DatasetSchema, dataset, { omit: COLUMNS }),
  };
}

export async function requireDataset(
  db: Db | Tx,
  scope: AppScope,
  id: string,
): Promise<DatasetRow> {
  const [row] = await getDatasets(db, scope, [id]);
  if (!row) throw notFound();
  return row;
}
