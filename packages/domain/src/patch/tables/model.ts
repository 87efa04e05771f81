import { DataSchema, ModelSchema, OutputConfigSchema, OutputInfoSchema } from '@limpid/wire';
import {
  coverImage,
  definePatch,
  defineTable,
  every,
  type FieldRules,
  kept,
  keptJson,
  keptSet,
  readOnly,
  rule,
} from '../spec.ts';
import { labelFields } from './data.ts';

const outputConfigFields = defineTable(OutputConfigSchema, {
  ...every(kept, 'conceptsMutuallyExclusive', 'existingModelId', 'language', 'hyperParameters'),
  ...every(kept, 'maxConcepts', 'minValue', 'trainingTimeout', 'sampleMs', 'embedModelVersionId'),
  ...every(kept, 'failOnMissingPositiveExamples', 'selectConcepts'),
  ...every(keptJson, 'hyperParams', 'modelMetadata'),
});

const conceptsOnly: FieldRules = {
  ...Object.fromEntries(DataSchema.fields.map((field) => [field.localName, readOnly])),
  concepts: rule('upsert', 'set', 'refuse', { of: () => labelFields }),
};

// Overwriting output_info replaces its concepts but keeps every setting the patch does not name.
const part = (of: () => FieldRules) => rule('fields', 'fields', 'refuse', { of });

const outputInfoFields = defineTable(OutputInfoSchema, {
  data: part(() => conceptsOnly),
  outputConfig: part(() => outputConfigFields),
  message: kept,
  ...every(keptJson, 'fieldsMap', 'params'),
  paramsSpecs: readOnly,
});

/** As `output_info` of a version: its concepts are what it was trained on. */
export const versionOutputInfoFields: FieldRules = { ...outputInfoFields, data: readOnly };

export const modelPatch = definePatch(ModelSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'userId', 'appId', 'createdAt', 'modifiedAt', 'modelVersion'),
  ...every(readOnly, 'isStarred', 'starCount', 'versionCount', 'replicaCount', 'bookmarkOrigin'),
  ...every(readOnly, 'languagesFull', 'featuredOrder', 'billingType', 'source', 'openRouterInfo'),
  ...every(readOnly, 'workflowRecommended'),
  modelTypeId: rule('fixed', 'fixed', 'ignore'),
  ...every(kept, 'name', 'displayName', 'description', 'notes', 'task', 'visibility', 'creator'),
  ...every(kept, 'defaultEvalInfo', 'licenseType', 'deployRestriction'),
  ...every(keptSet, 'toolkits', 'useCases', 'languages', 'checkConsents'),
  ...every(keptJson, 'metadata', 'presets'),
  outputInfo: part(() => outputInfoFields),
  image: coverImage,
});
