import { WorkflowNodeSchema, WorkflowSchema } from '@limpid/wire';
import {
  coverImage,
  definePatch,
  defineTable,
  every,
  kept,
  keptJson,
  keptSet,
  readOnly,
  rule,
} from '../spec.ts';

const nodeFields = defineTable(WorkflowNodeSchema, {
  id: readOnly,
  ...every(kept, 'model', 'nodeInputs', 'suppressOutput', 'outputInfoOverride'),
});

export const workflowPatch = definePatch(WorkflowSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'userId', 'appId', 'createdAt', 'modifiedAt', 'version'),
  ...every(readOnly, 'isStarred', 'starCount', 'bookmarkOrigin'),
  ...every(kept, 'description', 'notes', 'visibility'),
  ...every(keptSet, 'useCases', 'checkConsents'),
  nodes: rule('upsert', 'set', 'refuse', { of: () => nodeFields }),
  metadata: keptJson,
  image: coverImage,
});
