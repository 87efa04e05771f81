import { AnnotationTrackSchema } from '@limpid/wire';
import { definePatch, every, kept, readOnly } from '../spec.ts';

export const annotationTrackPatch = definePatch(AnnotationTrackSchema, ['overwrite'], {
  ...every(readOnly, 'id', 'inputId', 'createdAt', 'modifiedAt'),
  ...every(kept, 'concept', 'status', 'sampleRateMs', 'sampleRateFrame'),
  ...every(kept, 'startFrameNr', 'endFrameNr', 'startFrameMs', 'endFrameMs'),
});
