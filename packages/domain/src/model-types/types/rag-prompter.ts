import type { ModelTypeManifest } from '../manifest.ts';

export const ragPrompter: ModelTypeManifest = {
  id: 'rag-prompter',
  title: 'RAG Prompter',
  description:
    'Searches the app for what fits a text, and puts both into a prompt for the model behind it.',
  kind: 'operator',
  inputs: ['text'],
  outputs: ['text'],
  fields: [
    {
      path: 'output_info.params.prompt_template',
      type: 'STRING',
      description:
        'The prompt; {data.text.raw} is replaced by the text, {data.hits} by the texts found, one a line.',
      required: true,
      holds: ['{data.text.raw}', '{data.hits}'],
      placeholder: 'Context: {data.hits} Question: {data.text.raw}',
    },
    {
      path: 'output_info.params.min_score',
      type: 'RANGE',
      description: 'Hits of a lower score are left out.',
      range: { min: 0, max: 1 },
    },
    {
      path: 'output_info.params.max_results',
      type: 'NUMBER',
      description: 'Most hits in the prompt.',
      range: { min: 1 },
    },
    {
      path: 'output_info.params.dataset_ids',
      type: 'STRING',
      description: 'Search only in these datasets, their ids separated by commas.',
    },
    {
      path: 'output_info.params.metadata',
      type: 'JSON',
      description: 'Search only inputs whose metadata holds this.',
    },
  ],
};
