// Settings that several model types share.
import type { FieldSpec } from './manifest.ts';

export const maxConcepts: FieldSpec = {
  path: 'output_info.params.max_concepts',
  type: 'NUMBER',
  description: 'Most concepts of an answer.',
  default: 20,
  range: { min: 0, max: 200, step: 1 },
};

export const selectConcepts: FieldSpec = {
  path: 'output_info.params.select_concepts',
  type: 'ARRAY_OF_MODEL_CONCEPTS',
  description: 'Answer with these concepts only.',
  default: [],
};

/** For transfer-learned classifiers, whose values are probabilities. */
export const minValue: FieldSpec = {
  path: 'output_info.params.min_value',
  type: 'RANGE',
  description: 'Concepts of a lower value are left out.',
  default: 0,
  range: { min: 0, max: 1, step: 0.01 },
};

/** For all others the same setting counts in percent. */
export const minValuePercent: FieldSpec = {
  ...minValue,
  description: 'Concepts of a lower value, in percent, are left out.',
  range: { min: 0, max: 100, step: 0.1 },
};
