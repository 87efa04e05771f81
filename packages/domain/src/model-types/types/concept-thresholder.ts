import type { ModelTypeManifest } from '../manifest.ts';

export const conceptThresholder: ModelTypeManifest = {
  id: 'concept-thresholder',
  title: 'Concept Thresholder',
  description: 'Passes the concepts whose value stands as asked to a threshold of their own.',
  kind: 'operator',
  inputs: ['concepts'],
  outputs: ['concepts'],
  fields: [
    {
      path: 'output_info.data',
      type: 'ARRAY_OF_CONCEPTS_WITH_THRESHOLD',
      description: 'Concepts that may pass, each with its threshold.',
    },
    {
      path: 'output_info.params.concept_threshold_type',
      type: 'ENUM',
      description: 'How a value must stand to the threshold of its concept to pass.',
      default: 'GREATER_THAN',
      options: [
        { id: 'GREATER_THAN', description: 'value > threshold' },
        { id: 'GREATER_THAN_OR_EQUAL', description: 'value >= threshold' },
        { id: 'LESS_THAN', description: 'value < threshold' },
        { id: 'LESS_THAN_OR_EQUAL', description: 'value <= threshold' },
        { id: 'EQUAL', description: 'value = threshold' },
      ],
    },
  ],
};
