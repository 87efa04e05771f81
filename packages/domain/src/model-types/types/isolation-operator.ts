import type { ModelTypeManifest } from '../manifest.ts';

export const isolationOperator: ModelTypeManifest = {
  id: 'isolation-operator',
  title: 'Isolation Operator',
  description: 'Labels detections as isolated or not by their distance from each other.',
  kind: 'operator',
  inputs: ['regions[...].data.concepts,regions[...].region_info.bounding_box'],
  outputs: ['regions[...].data.concepts,regions[...].region_info.bounding_box'],
};
