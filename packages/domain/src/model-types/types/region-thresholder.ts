import type { ModelTypeManifest } from '../manifest.ts';

export const regionThresholder: ModelTypeManifest = {
  id: 'region-thresholder',
  title: 'Region Thresholder',
  description:
    'Passes the concepts of regions whose value stands as asked to a threshold of their own; a region without any left goes.',
  kind: 'operator',
  inputs: ['regions[...].data.concepts'],
  outputs: ['regions[...].data.concepts'],
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
