import type { ModelTypeManifest } from '../manifest.ts';

export const awsLambda: ModelTypeManifest = {
  id: 'aws-lambda',
  title: 'AWS Lambda',
  description: 'Sends what reaches it to an AWS Lambda function and passes on the answer.',
  kind: 'operator',
  inputs: ['any'],
  outputs: ['any'],
};
