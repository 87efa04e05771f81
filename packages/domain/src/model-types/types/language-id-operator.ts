import type { ModelTypeManifest } from '../manifest.ts';

export const languageIdOperator: ModelTypeManifest = {
  id: 'language-id-operator',
  title: 'Language Identification',
  description: 'Says which languages a text is written in.',
  kind: 'operator',
  inputs: ['text'],
  outputs: ['concepts'],
  fields: [
    {
      path: 'output_info.params.library',
      type: 'ENUM',
      description: 'Method of identification.',
      options: [
        {
          id: 'langdetect',
          description: 'Profiles of characters, with a probability for each language.',
        },
        {
          id: 'fastText',
          description: 'Embeddings of character n-grams; quick, good on short texts.',
        },
      ],
    },
    {
      path: 'output_info.params.topk',
      type: 'NUMBER',
      description: 'Most languages that are returned.',
      range: { min: 1 },
    },
    {
      path: 'output_info.params.threshold',
      type: 'RANGE',
      description: 'Only languages of a higher confidence are returned.',
      range: { min: 0, max: 1 },
    },
    {
      path: 'output_info.params.lowercase',
      type: 'BOOLEAN',
      description: 'Turn the text to lower case first.',
    },
  ],
};
