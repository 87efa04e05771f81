import { AnnotationFilterSchema, SearchSchema } from '@limpid/wire';
import { definePatch, every, kept, readOnly } from '../spec.ts';

// A query is one thing: another one takes its place, whole.
export const searchPatch = definePatch(SearchSchema, ['overwrite'], {
  ...every(readOnly, 'id', 'applicationId', 'gitHash', 'createdAt', 'modifiedAt', 'save'),
  ...every(kept, 'query', 'name', 'algorithm', 'metric', 'minValue', 'asOf', 'visibility'),
});

export const annotationFilterPatch = definePatch(AnnotationFilterSchema, ['overwrite'], {
  ...every(readOnly, 'id', 'userId', 'appId', 'createdAt', 'modifiedAt'),
  search: kept,
});
