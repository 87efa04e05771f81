import { clone } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { dropSecretValues, hideSecrets } from '@limpid/domain/model/secrets';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import type { ModelVersionRow } from '@limpid/store/db/model-versions';
import {
  create,
  type ModelVersion,
  ModelVersionSchema,
  StatusSchema,
  statusInfo,
  VisibilitySchema,
} from '@limpid/wire';

// What stands in columns, or is only the instance's to say.
const COLUMNS = [
  'id',
  'appId',
  'userId',
  'status',
  'visibility',
  'createdAt',
  'modifiedAt',
  'completedAt',
  'metrics',
  'specialHandling',
] as const;

/** What an answer shows beyond what every reader may see. */
export interface Shown {
  readonly presets?: boolean;
  readonly secrets?: boolean;
}

/** The model that a version is of, by the ids that clients see. */
export interface VersionOwner {
  readonly id: string;
  readonly app_id: string;
  readonly user_id: string;
  readonly visibility: number;
}

/** A version as clients see it. Its vocabulary may be long and is read by calls of its own. */
export function versionMessage(
  row: ModelVersionRow,
  model: VersionOwner,
  shown: Shown = {},
): ModelVersion {
  const version = bareVersion(row, model);
  if (!shown.secrets) hideSecrets(version.outputInfo);
  if (version.outputInfo && version.activeConceptCount > 0) {
    version.outputInfo.message = `The concepts stand in GET /models/${model.id}/output_info`;
  }
  return version;
}

/** The version with everything that is stored: what patches apply to. */
export function bareVersion(row: ModelVersionRow, model: VersionOwner): ModelVersion {
  const version = readDoc(ModelVersionSchema, row.body);
  version.id = row.id;
  version.appId = model.app_id;
  version.userId = model.user_id;
  version.status = statusMessage(row.status_code, row.status_details);
  version.visibility = create(VisibilitySchema, { gettable: row.visibility || model.visibility });
  version.createdAt = timestampFromDate(row.created_at);
  version.modifiedAt = timestampFromDate(row.modified_at);
  if (row.completed_at) version.completedAt = timestampFromDate(row.completed_at);
  return version;
}

export function statusMessage(code: number, details: string) {
  return create(StatusSchema, { code, description: statusInfo(code).description, details });
}

/** The body of a version that is to be stored: without its vocabulary, and without the values of its secrets. */
export function versionBody(given: ModelVersion): string {
  const version = clone(ModelVersionSchema, given);
  dropSecretValues(version.outputInfo);
  if (version.outputInfo) {
    version.outputInfo.message = '';
    if (version.outputInfo.data) version.outputInfo.data.concepts = [];
  }
  return writeDoc(ModelVersionSchema, version, { omit: COLUMNS });
}
