import { InputSchema } from '@limpid/wire';
import { definePatch, every, readOnly, rule } from '../spec.ts';
import { inputDataFields } from './data.ts';

// Membership of datasets is documented to be ignored here; it is changed through the dataset.
export const inputPatch = definePatch(InputSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'createdAt', 'modifiedAt', 'status', 'datasetIds', 'settings'),
  data: rule('fields', 'rebuild', 'fields', { of: () => inputDataFields }),
});
