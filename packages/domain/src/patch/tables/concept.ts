import { ConceptSchema } from '@limpid/wire';
import { definePatch, every, kept, readOnly } from '../spec.ts';

// A concept of the app has no value of its own; translations are patched by their own call.
export const conceptPatch = definePatch(ConceptSchema, ['overwrite'], {
  ...every(readOnly, 'id', 'userId', 'appId', 'createdAt', 'vocabId', 'language', 'extraInfo'),
  ...every(readOnly, 'value'),
  ...every(kept, 'name', 'definition', 'visibility', 'metadata', 'image', 'keypointInfo'),
});
