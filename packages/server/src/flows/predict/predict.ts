// A prediction, from the request to the answer:
// 1. find the model version and the runners that may serve it; 2. turn media into bytes, fill the model in; 3. hand the
//    request to a runner and relay what it says; 4. put the answer in order and note the use once.
import {
  invalidArgument,
  type MultiOutputResponse,
  type PostModelOutputsRequest,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { WorkKind } from '../../runners/protocol.ts';
import { completeOutputs } from './answer.ts';
import { contextOf } from './context.ts';
import { checkSampleMs } from './frames.ts';
import { prepareRequest } from './prepare.ts';
import { resolveMedia } from './resolve-media.ts';
import { runModel, wakeRunners } from './run-model.ts';
import { findTarget, type PredictTarget } from './target.ts';
import { recordUse } from './use.ts';

export const MAX_INPUTS = 128;

/** One answer with an output for each input, in their order. */
export async function predict(
  call: Call<'any'>,
  request: PostModelOutputsRequest,
): Promise<MultiOutputResponse> {
  checkInputs(request);
  const context = contextOf(call);
  const target = await findTarget(call, request);
  const faults = await resolveMedia(call.deps, context.app, request.inputs, call.signal);
  return await runModel(context, target, request, { faults });
}

/** Answers as the model makes them: one request, or a stream of them that goes on while answers come. */
export async function* predictStream(
  call: Call<'any'>,
  kind: Exclude<WorkKind, 'unary'>,
  requests: AsyncIterable<PostModelOutputsRequest>,
): AsyncIterable<MultiOutputResponse> {
  const iterator = requests[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  checkInputs(first.value);
  const target = await findTarget(call, first.value);
  const request = await prepareWhole(call, target, first.value);
  const more = kind === 'stream' ? { more: prepareEach(call, iterator, target) } : {};
  let last: MultiOutputResponse | undefined;
  const context = contextOf(call);
  wakeRunners(context, target);
  for await (const response of call.deps.runners.submit(target.runners, {
    ...workOf(call, request),
    kind,
    ...more,
  })) {
    completeOutputs(call.deps, response, request.inputs, request.model);
    last = response;
    yield response;
  }
  if (last) recordUse(context, target, last);
}

async function* prepareEach(
  call: Call<'any'>,
  iterator: AsyncIterator<PostModelOutputsRequest>,
  target: PredictTarget,
): AsyncIterable<PostModelOutputsRequest> {
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    yield await prepareWhole(call, target, next.value);
  }
}

/** In a stream an input that can not be had ends the whole: there is no output to put its fault in. */
async function prepareWhole(
  call: Call<'any'>,
  target: PredictTarget,
  request: PostModelOutputsRequest,
): Promise<PostModelOutputsRequest> {
  const faults = await resolveMedia(call.deps, contextOf(call).app, request.inputs, call.signal);
  for (const fault of faults.values()) throw fault;
  return prepareRequest(request, target);
}

function workOf(call: Call<'any'>, request: PostModelOutputsRequest) {
  return { request, signal: call.signal, reqId: call.reqId, userId: call.caller.userId };
}

function checkInputs(request: PostModelOutputsRequest): void {
  const count = request.inputs.length;
  if (count === 0) throw invalidArgument('inputs is empty', 'prediction');
  if (count > MAX_INPUTS) throw invalidArgument(`give at most ${MAX_INPUTS} inputs`, 'prediction');
  const asked = request.model?.modelVersion?.outputInfo ?? request.model?.outputInfo;
  checkSampleMs(asked?.outputConfig?.sampleMs);
}
