import type { ModelTypeManifest } from '../manifest.ts';

export const objectCounter: ModelTypeManifest = {
  id: 'object-counter',
  title: 'Object Counter',
  description: 'Counts the regions that show its concepts, frame by frame.',
  kind: 'operator',
  inputs: ['regions[...].data.concepts'],
  outputs: ['metadata'],
  fields: [
    {
      path: 'output_info.data',
      type: 'ARRAY_OF_CONCEPTS',
      description: 'Concepts that are counted.',
    },
  ],
};
