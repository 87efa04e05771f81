import { WorkflowVersionSchema } from '@limpid/wire';
import { definePatch, every, kept, keptJson, readOnly } from '../patch/spec.ts';

/** A version's nodes are what was saved; only what is said of it changes. */
export const workflowVersionPatch = definePatch(
  WorkflowVersionSchema,
  ['merge', 'overwrite', 'remove'],
  {
    ...every(readOnly, 'id', 'workflowId', 'userId', 'appId', 'createdAt', 'modifiedAt'),
    ...every(readOnly, 'nodes', 'isDeprecated'),
    ...every(kept, 'description', 'license', 'visibility'),
    metadata: keptJson,
  },
);
