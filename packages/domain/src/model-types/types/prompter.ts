import type { ModelTypeManifest } from '../manifest.ts';

export const prompter: ModelTypeManifest = {
  id: 'prompter',
  title: 'Prompter',
  description: 'Puts a text into a prompt for the model behind it.',
  kind: 'operator',
  inputs: ['text'],
  outputs: ['text'],
  fields: [
    {
      path: 'output_info.params.prompt_template',
      type: 'STRING',
      description: 'The prompt; every {data.text.raw} is replaced by the text.',
      required: true,
      holds: ['{data.text.raw}'],
      placeholder: 'Classify the sentiment of this text: {data.text.raw}',
    },
  ],
};
