// One model version on inputs whose media is at hand: handed to a runner, answered in order, its use noted once.
import {
  type Input,
  type MultiOutputResponse,
  type OutputInfo,
  type PostModelOutputsRequest,
  StatusError,
} from '@limpid/wire';
import { answerOf, type Ran } from './answer.ts';
import type { PredictContext } from './context.ts';
import { predictFrames, readsImages } from './frames.ts';
import { applyOutputConfig } from './output-config.ts';
import { prepareRequest } from './prepare.ts';
import type { PredictTarget } from './target.ts';
import { recordUse } from './use.ts';

export interface RunOptions {
  /** Inputs that can not be had, by position. */
  readonly faults: ReadonlyMap<number, StatusError>;
  /** What a workflow's node sets over the model version: its data and parameters. */
  readonly override?: OutputInfo | undefined;
  /** All concepts, for whoever computes on; else only those that a caller wants to see. */
  readonly whole?: boolean;
  /** Which part of the request this is, where it has several. */
  readonly part?: number;
}

export async function runModel(
  context: PredictContext,
  target: PredictTarget,
  request: PostModelOutputsRequest,
  options: RunOptions,
): Promise<MultiOutputResponse> {
  const { inputs } = request;
  const prepared = prepareRequest(request, target);
  const info = prepared.model?.modelVersion?.outputInfo;
  if (options.override?.data && info) info.data = options.override.data;
  const config = info?.outputConfig;
  const ask = async (some: readonly Input[]): Promise<Ran> => {
    const ran = await send(context, target, partOf(prepared, some));
    if (target.builtIn && !options.whole && !(ran instanceof StatusError)) {
      for (const { data } of ran.outputs) if (data) applyOutputConfig(data, config);
    }
    return ran;
  };
  const sound = inputs.filter((_, index) => !options.faults.has(index));
  const ran =
    sound.length > 0 ? await askAll(context, target, sound, config?.sampleMs, ask) : undefined;
  const parts = { inputs, faults: options.faults, ran, model: prepared.model };
  const response = answerOf(context.deps, parts);
  if (ran && !(ran instanceof StatusError)) {
    recordUse(context, target, response, options.part ?? 0);
  }
  return response;
}

async function askAll(
  context: PredictContext,
  target: PredictTarget,
  inputs: readonly Input[],
  sampleMs: number | undefined,
  ask: (inputs: readonly Input[]) => Promise<Ran>,
): Promise<Ran> {
  // Models of others are handed a video as it is.
  if (!readsImages(target)) return await ask(inputs);
  return await predictFrames({ context, inputs, sampleMs, ask });
}

async function send(
  context: PredictContext,
  target: PredictTarget,
  request: PostModelOutputsRequest,
): Promise<Ran> {
  wakeRunners(context, target);
  const { signal, reqId, user } = context;
  try {
    const work = { request, signal, reqId, userId: user.id };
    return await context.deps.runners.predict(target.runners, work);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
}

/** The same request for some of its inputs. */
function partOf(
  request: PostModelOutputsRequest,
  inputs: readonly Input[],
): PostModelOutputsRequest {
  return { ...request, inputs: [...inputs] };
}

/** Has runners that we start ourselves started, where none serves. */
export function wakeRunners(
  { deps }: Pick<PredictContext, 'deps'>,
  { runners }: PredictTarget,
): void {
  for (const key of runners.runnerKeys)
    if (deps.runners.statsOf(key).replicas === 0) deps.wakeRunner(key);
}
