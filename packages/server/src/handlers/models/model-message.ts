import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { PRIVATE } from '@limpid/domain/access/visibility';
import { checkModelTexts } from '@limpid/domain/model/check-model';
import { dropSecretValues, hideSecrets } from '@limpid/domain/model/secrets';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import type { ModelFields, ModelRow } from '@limpid/store/db/models';
import {
  create,
  type FullTag,
  FullTagSchema,
  type Model,
  ModelSchema,
  VisibilitySchema,
} from '@limpid/wire';
import { type Shown, versionMessage } from '../model-versions/version-message.ts';

// What stands in columns or is computed, and what only the instance says of its own models.
const COLUMNS = [
  'id',
  'name',
  'userId',
  'appId',
  'modelTypeId',
  'visibility',
  'featuredOrder',
  'starCount',
  'isStarred',
  'createdAt',
  'modifiedAt',
  'modelVersion',
  'versionCount',
  'replicaCount',
  'languagesFull',
  'bookmarkOrigin',
  'openRouterInfo',
  'billingType',
  'workflowRecommended',
] as const;

/** A model as clients see it, with its version if it has one. `name` is never empty. */
export function modelMessage(row: ModelRow, shown: Shown = {}): Model {
  const model = bareModel(row);
  if (!shown.presets) delete model.presets;
  hideSecrets(model.outputInfo);
  if (row.version) model.modelVersion = versionMessage(row.version, row, shown);
  return model;
}

/** The model itself: what patches apply to. */
export function bareModel(row: ModelRow): Model {
  const model = readDoc(ModelSchema, row.body);
  model.id = row.id;
  model.name = row.name || row.id;
  model.appId = row.app_id;
  model.userId = row.user_id;
  model.modelTypeId = row.model_type_id;
  model.visibility = create(VisibilitySchema, { gettable: row.visibility });
  model.starCount = row.star_count;
  model.createdAt = timestampFromDate(row.created_at);
  model.modifiedAt = timestampFromDate(row.modified_at);
  model.languagesFull = model.languages.map(fullTag);
  if (row.featured_order !== null) model.featuredOrder = row.featured_order;
  return model;
}

/** Checks a model that is to be stored, and splits it into columns and body. */
export function storedModel(model: Model, id: string): ModelFields {
  checkModelTexts(model);
  dropSecretValues(model.outputInfo);
  return {
    name: model.name || id,
    visibility: model.visibility?.gettable || PRIVATE,
    body: writeDoc(ModelSchema, model, { omit: COLUMNS }),
  };
}

function fullTag(id: string): FullTag {
  return create(FullTagSchema, { id, name: languageName(id) });
}

function languageName(id: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(id) ?? id;
  } catch {
    // Not a language tag, and nobody said that it had to be one.
    return id;
  }
}
