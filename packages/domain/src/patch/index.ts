export { actionOf, type PatchAction } from './action.ts';
export { applyPatch } from './apply.ts';
export { mergeJson, removeJson } from './json.ts';
export {
  definePatch,
  defineTable,
  type FieldRule,
  type FieldRules,
  type PatchSpec,
  type TableOf,
  type Verb,
} from './spec.ts';
export { annotationPatch } from './tables/annotation.ts';
export { annotationTrackPatch } from './tables/annotation-track.ts';
export { appPatch } from './tables/app.ts';
export { computeClusterPatch, nodepoolPatch, runnerPatch } from './tables/compute.ts';
export { conceptPatch } from './tables/concept.ts';
export { datasetPatch, datasetVersionPatch } from './tables/dataset.ts';
export { deploymentPatch } from './tables/deployment.ts';
export { inputPatch } from './tables/input.ts';
export { keyPatch } from './tables/key.ts';
export { modelPatch } from './tables/model.ts';
export { modelVersionPatch } from './tables/model-version.ts';
export { annotationFilterPatch, searchPatch } from './tables/search.ts';
export { workflowPatch } from './tables/workflow.ts';
