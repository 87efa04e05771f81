import { predict } from '../../flows/predict/predict.ts';
import { rpc } from '../../rpc/rpc.ts';

export const PostModelOutputs = rpc(
  'PostModelOutputs',
  { scope: 'any', missing: 'model' },
  predict,
);
