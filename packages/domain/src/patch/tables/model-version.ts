import { ComputeInfoSchema, ModelVersionSchema } from '@limpid/wire';
import { definePatch, defineTable, every, json, kept, readOnly, rule } from '../spec.ts';
import { versionOutputInfoFields } from './model.ts';

// Lists of accelerators are requirements, so a merge replaces them instead of widening them.
const computeInfoFields = defineTable(ComputeInfoSchema, {
  ...every(kept, 'cpuLimit', 'cpuMemory', 'cpuRequests', 'cpuMemoryRequests'),
  ...every(kept, 'numAccelerators', 'acceleratorMemory', 'acceleratorType', 'acceleratorTopology'),
});

export const modelVersionPatch = definePatch(ModelVersionSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'userId', 'appId', 'createdAt', 'modifiedAt', 'completedAt', 'status'),
  ...every(readOnly, 'activeConceptCount', 'totalInputCount', 'metrics', 'trainLog'),
  ...every(readOnly, 'pretrainedModelConfig', 'inputInfo', 'trainInfo', 'importInfo'),
  ...every(readOnly, 'buildInfo', 'specialHandling'),
  ...every(kept, 'description', 'methodSignatures', 'license', 'visibility', 'numThreads'),
  metadata: json,
  outputInfo: rule('fields', 'fields', 'refuse', { of: () => versionOutputInfoFields }),
  inferenceComputeInfo: rule('fields', 'set', 'refuse', { of: () => computeInfoFields }),
});
