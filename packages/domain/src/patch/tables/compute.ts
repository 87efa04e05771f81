import {
  ComputeClusterSchema,
  InstanceTypeSchema,
  NodepoolSchema,
  RunnerSchema,
  SpecialHandlingSchema,
} from '@limpid/wire';
import {
  definePatch,
  defineTable,
  every,
  json,
  kept,
  keptSet,
  plain,
  readOnly,
  rule,
} from '../spec.ts';

const instanceType = defineTable(InstanceTypeSchema, {
  ...every(plain, 'id', 'description', 'computeInfo', 'price', 'cloudProvider', 'region'),
  ...every(plain, 'allowedCapacityTypes', 'featureFlagGroup', 'specialHandling'),
  ...every(plain, 'architecture', 'availableComputeInfo'),
});

const specialHandling = defineTable(SpecialHandlingSchema, {
  ...every(plain, 'id', 'reason', 'done'),
});

const instanceTypes = rule('upsert', 'set', 'drop', { of: () => instanceType });
const handling = rule('upsert', 'set', 'drop', { of: () => specialHandling });

// Where a cluster stands, and who runs it, is settled when it is made; another place is another cluster.
export const computeClusterPatch = definePatch(ComputeClusterSchema, ['overwrite'], {
  ...every(readOnly, 'id', 'userId', 'createdAt', 'modifiedAt', 'cloudProvider', 'region'),
  ...every(readOnly, 'clusterType', 'managedBy', 'key'),
  ...every(kept, 'description', 'visibility'),
});

export const nodepoolPatch = definePatch(NodepoolSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'createdAt', 'modifiedAt', 'computeCluster', 'nodeCount', 'status'),
  ...every(readOnly, 'statusDescription', 'enforcedMinInstances', 'enforcedMaxInstances'),
  ...every(kept, 'description', 'visibility', 'nodeCapacityType'),
  ...every(kept, 'minInstances', 'maxInstances', 'warmInstances'),
  metadata: json,
  instanceTypes,
  specialHandling: handling,
});

// A runner serves one version for its life. No replicas are as good a wish as one, so a patch that carries nothing but
// the id can only have meant that.
export const runnerPatch = definePatch(RunnerSchema, ['merge', 'overwrite', 'remove'], {
  ...every(readOnly, 'id', 'createdAt', 'modifiedAt', 'worker', 'nodepool', 'runnerMetrics'),
  ...every(kept, 'description', 'computeInfo', 'minReplicas', 'priority'),
  numReplicas: { ...kept, alone: true },
  metadata: json,
  labels: keptSet,
  specialHandling: handling,
});
