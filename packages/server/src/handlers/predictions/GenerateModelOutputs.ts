import type { PostModelOutputsRequest } from '@limpid/wire';
import { predictStream } from '../../flows/predict/predict.ts';
import { rpc } from '../../rpc/rpc.ts';

/** One request, answers as the model makes them. */
export const GenerateModelOutputs = rpc(
  'GenerateModelOutputs',
  { scope: 'any', missing: 'model' },
  (call, request) => predictStream(call, 'generate', only(request)),
);

async function* only(request: PostModelOutputsRequest): AsyncIterable<PostModelOutputsRequest> {
  yield request;
}
