import type { ModelTypeManifest } from '../manifest.ts';

export const randomSample: ModelTypeManifest = {
  id: 'random-sample',
  title: 'Random Sampler',
  description: 'Lets an input pass by chance.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
  fields: [
    {
      path: 'output_info.params.keep_fraction',
      type: 'RANGE',
      description: 'Share of the inputs that pass on average.',
      default: 1,
      range: { min: 0, max: 1 },
    },
  ],
};
