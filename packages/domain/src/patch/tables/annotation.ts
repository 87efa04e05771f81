import { AnnotationSchema, StatusSchema } from '@limpid/wire';
import { definePatch, defineTable, every, json, plain, readOnly, rule } from '../spec.ts';
import { annotationDataFields } from './data.ts';

// Texts belong to the number, so only the number and the reason are taken.
const statusFields = defineTable(StatusSchema, {
  ...every(plain, 'code', 'details'),
  ...every(readOnly, 'description', 'stackTrace', 'percentCompleted', 'timeRemaining', 'reqId'),
  ...every(readOnly, 'internalDetails', 'redirectInfo', 'developerNotes', 'httpStatusCode'),
});

export const annotationPatch = definePatch(AnnotationSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'inputId', 'createdAt', 'modifiedAt', 'inputLevel', 'trusted'),
  ...every(readOnly, 'userId', 'worker', 'taskId', 'consensusInfo'),
  ...every(readOnly, 'modelVersionId', 'embedModelVersionId'),
  annotationInfo: json,
  status: rule('fields', 'fields', 'fields', { of: () => statusFields }),
  data: rule('fields', 'rebuild', 'fields', { of: () => annotationDataFields }),
});
