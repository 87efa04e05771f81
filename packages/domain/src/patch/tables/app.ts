import { AppSchema } from '@limpid/wire';
import { coverImage, definePatch, every, kept, keptJson, readOnly } from '../spec.ts';

export const appPatch = definePatch(AppSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'userId', 'createdAt', 'modifiedAt', 'extraInfo'),
  ...every(readOnly, 'isStarred', 'starCount', 'dataTierId', 'embeddingsStorage'),
  ...every(kept, 'name', 'description', 'notes', 'defaultLanguage', 'sampleMs', 'isTemplate'),
  ...every(kept, 'defaultWorkflow', 'defaultWorkflowId', 'visibility', 'legalConsentStatus'),
  metadata: keptJson,
  image: coverImage,
});
