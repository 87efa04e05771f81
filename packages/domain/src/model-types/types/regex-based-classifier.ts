import type { ModelTypeManifest } from '../manifest.ts';

export const regexBasedClassifier: ModelTypeManifest = {
  id: 'regex-based-classifier',
  title: 'Regex-based Classifier',
  description: 'Gives its concepts to a text that a regular expression matches.',
  kind: 'operator',
  inputs: ['text'],
  outputs: ['concepts'],
  fields: [
    {
      path: 'output_info.data',
      type: 'ARRAY_OF_CONCEPTS',
      description: 'Concepts that a matching text gets.',
    },
    {
      path: 'output_info.params.regex',
      type: 'STRING',
      description: 'The regular expression.',
      required: true,
    },
  ],
};
