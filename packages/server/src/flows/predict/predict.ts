// A prediction, from the request to the answer:
// 1. find the model version and the runners that may serve it; 2. fill the model in; 3. hand the request to a runner
//    and relay what it says; 4. note the use once.
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  invalidArgument,
  type Model,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  newHexId,
  OutputSchema,
  type PostModelOutputsRequest,
  StatusCode,
  StatusError,
  StatusSchema,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { WorkKind } from '../../runners/protocol.ts';
import { prepareRequest } from './prepare.ts';
import { findTarget, type PredictTarget } from './target.ts';
import { recordUse } from './use.ts';

export const MAX_INPUTS = 128;

/** One answer with an output for each input, in their order. */
export async function predict(
  call: Call<'any'>,
  request: PostModelOutputsRequest,
): Promise<MultiOutputResponse> {
  checkInputs(request);
  const target = await findTarget(call, request);
  const prepared = prepareRequest(request, target);
  const work = {
    request: prepared,
    signal: call.signal,
    reqId: call.reqId,
    userId: call.caller.userId,
  };
  try {
    const response = await call.deps.runners.predict(target.runners, work);
    completeOutputs(call, response, prepared);
    await recordUse(call, target, response);
    return response;
  } catch (error) {
    if (error instanceof StatusError) return failedOutputs(call, prepared, error);
    throw error;
  }
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
  const request = prepareRequest(first.value, target);
  const more = kind === 'stream' ? { more: prepareEach(iterator, target) } : {};
  const work = {
    kind,
    request,
    ...more,
    signal: call.signal,
    reqId: call.reqId,
    userId: call.caller.userId,
  };
  let last: MultiOutputResponse | undefined;
  for await (const response of call.deps.runners.submit(target.runners, work)) {
    completeOutputs(call, response, request);
    last = response;
    yield response;
  }
  if (last) await recordUse(call, target, last);
}

async function* prepareEach(
  iterator: AsyncIterator<PostModelOutputsRequest>,
  target: PredictTarget,
): AsyncIterable<PostModelOutputsRequest> {
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    yield prepareRequest(next.value, target);
  }
}

function checkInputs(request: PostModelOutputsRequest): void {
  const count = request.inputs.length;
  if (count === 0) throw invalidArgument('inputs is empty', 'prediction');
  if (count > MAX_INPUTS) throw invalidArgument(`give at most ${MAX_INPUTS} inputs`, 'prediction');
}

/** What every output carries beside its data, where the runner left it out. */
function completeOutputs(
  call: Call<'any'>,
  response: MultiOutputResponse,
  request: PostModelOutputsRequest,
): void {
  const createdAt = timestampFromDate(call.deps.clock());
  for (const [index, output] of response.outputs.entries()) {
    output.id ||= newHexId(call.deps.random);
    output.createdAt ??= createdAt;
    output.model = shownModel(request);
    output.input ??= request.inputs[index];
    output.status ??= create(StatusSchema, { code: StatusCode.SUCCESS, description: 'Ok' });
  }
}

/** The model in an output: who it is, without the parameters it ran with. */
function shownModel(request: PostModelOutputsRequest): Model | undefined {
  const { model } = request;
  if (model?.modelVersion) model.modelVersion.outputInfo = undefined;
  return model;
}

/** Clients look into the first output of whatever comes back, so a failed request has its outputs too. */
function failedOutputs(
  call: Call<'any'>,
  request: PostModelOutputsRequest,
  error: StatusError,
): MultiOutputResponse {
  const { code, description, details } = error;
  const status = { code, description, details: details || description };
  const createdAt = timestampFromDate(call.deps.clock());
  return create(MultiOutputResponseSchema, {
    status,
    outputs: request.inputs.map((input) =>
      create(OutputSchema, { id: newHexId(call.deps.random), status, createdAt, input }),
    ),
  });
}
