import type { ModelTypeManifest } from '../manifest.ts';

export const textAggregationOperator: ModelTypeManifest = {
  id: 'text-aggregation-operator',
  title: 'Text Aggregator',
  description: 'Joins the texts found in an image into one, in the order of reading.',
  kind: 'operator',
  inputs: ['regions[...].data.text'],
  outputs: ['text'],
};
