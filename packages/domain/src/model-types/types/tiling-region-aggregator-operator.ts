import type { ModelTypeManifest } from '../manifest.ts';

export const tilingRegionAggregatorOperator: ModelTypeManifest = {
  id: 'tiling-region-aggregator-operator',
  title: 'Tiling Region Aggregator',
  description:
    'Brings what was found in tiles back to the whole image and drops what was found twice.',
  kind: 'operator',
  inputs: ['regions[...].data.concepts,regions[...].region_info.bounding_box'],
  outputs: ['regions[...].data.concepts,regions[...].region_info.bounding_box'],
};
