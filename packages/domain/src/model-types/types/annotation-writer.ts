import type { ModelTypeManifest } from '../manifest.ts';

export const annotationWriter: ModelTypeManifest = {
  id: 'annotation-writer',
  title: 'Annotation Writer',
  description:
    'Writes what reaches it as an annotation, with a status and in the name of a user, and passes it on.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
  fields: [
    {
      path: 'output_info.params.annotation_status',
      type: 'ENUM',
      description: 'Status of the annotations.',
      default: 'ANNOTATION_SUCCESS',
      options: [
        {
          id: 'ANNOTATION_SUCCESS',
          alias: 24150,
          description: 'Done: counts for training and search.',
        },
        { id: 'ANNOTATION_PENDING', alias: 24151, description: 'Waits for a labeler.' },
        { id: 'ANNOTATION_AWAITING_REVIEW', alias: 24157, description: 'Waits for a reviewer.' },
        {
          id: 'ANNOTATION_AWAITING_CONSENSUS_REVIEW',
          alias: 24159,
          description: 'Waits for reviewers to agree.',
        },
      ],
    },
    {
      path: 'output_info.params.annotation_user_id',
      type: 'COLLABORATORS',
      description: 'User in whose name the annotations are written.',
    },
    {
      path: 'output_info.params.annotation_info',
      type: 'JSON',
      description: 'Kept with each annotation.',
    },
    {
      path: 'output_info.params.task_id',
      type: 'STRING',
      description: 'Labeling task that the annotations belong to.',
      default: '',
    },
  ],
};
