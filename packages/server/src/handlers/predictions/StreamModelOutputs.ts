import { predictStream } from '../../flows/predict/predict.ts';
import { rpc } from '../../rpc/rpc.ts';

/** Requests and answers in both directions, each in its order. */
export const StreamModelOutputs = rpc(
  'StreamModelOutputs',
  { scope: 'any', missing: 'model' },
  (call, requests) => predictStream(call, 'stream', requests),
);
