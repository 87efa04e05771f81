import { DatasetSchema, DatasetVersionSchema } from '@limpid/wire';
import { coverImage, definePatch, every, kept, keptJson, readOnly } from '../spec.ts';

export const datasetPatch = definePatch(DatasetSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'userId', 'appId', 'createdAt', 'modifiedAt', 'version'),
  ...every(readOnly, 'isStarred', 'starCount', 'bookmarkOrigin'),
  ...every(kept, 'description', 'notes', 'visibility'),
  ...every(kept, 'defaultAnnotationFilter', 'defaultProcessingInfo'),
  metadata: keptJson,
  image: coverImage,
});

// A version is a snapshot: only what describes it can change.
export const datasetVersionPatch = definePatch(DatasetVersionSchema, ['overwrite'], {
  ...every(readOnly, 'id', 'userId', 'appId', 'datasetId', 'createdAt', 'modifiedAt', 'status'),
  ...every(readOnly, 'annotationFilterConfig', 'modelPredictConfig', 'processingInfo'),
  ...every(readOnly, 'metrics', 'exportInfo', 'embedModelVersionIds', 'requestOrigin'),
  ...every(kept, 'description', 'metadata', 'visibility'),
});
