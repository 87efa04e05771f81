// Models that read images see a video picture by picture: what they say of each stands in a frame, with its time.
import { writeFile } from 'node:fs/promises';
import { mediaFault } from '@limpid/domain/input/codes';
import { inputLimits } from '@limpid/domain/input/media';
import { sniffAs } from '@limpid/domain/input/sniff';
import { findModelType } from '@limpid/domain/model-types/registry';
import {
  create,
  type Data,
  DataSchema,
  type Frame,
  type FrameInfo,
  FrameInfoSchema,
  FrameSchema,
  type Input,
  InputSchema,
  invalidArgument,
  MultiOutputResponseSchema,
  type Output,
  OutputSchema,
  StatusCode,
  StatusError,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Ran } from './answer.ts';
import type { PredictContext } from './context.ts';

import type { PredictTarget } from './target.ts';

const DEFAULT_MS = 1000;
const LEAST_MS = 100;
const MOST_MS = 60_000;
const MOST_FRAMES = 600;
/** Frames that a runner is given at a time. */
const AT_A_TIME = 64;

export function checkSampleMs(sampleMs: number | undefined): void {
  if (!sampleMs || (sampleMs >= LEAST_MS && sampleMs <= MOST_MS)) return;
  throw invalidArgument(`sample_ms is ${LEAST_MS} to ${MOST_MS}, not ${sampleMs}`, 'prediction');
}

/** One of the instance's own models that works on pictures, or on what was made of them. */
export function readsImages({ builtIn, model }: PredictTarget): boolean {
  if (!builtIn) return false;
  const takes = findModelType(model.model_type_id)?.inputs ?? [];
  return takes.some((kind) => kind === 'image' || kind === 'any' || kind === 'embeddings');
}

interface Asking {
  readonly context: PredictContext;
  readonly inputs: readonly Input[];
  readonly sampleMs: number | undefined;
  readonly ask: (inputs: readonly Input[]) => Promise<Ran>;
}

/** An output for each input, in order; those of videos hold frames. */
export async function predictFrames({ context, inputs, sampleMs, ask }: Asking): Promise<Ran> {
  const moving = inputs.map(({ data }) => isMoving(data));
  if (!moving.includes(true)) return await ask(inputs);
  const still = inputs.filter((_, index) => !moving[index]);
  const ran = still.length > 0 ? await ask(still) : create(MultiOutputResponseSchema);
  if (ran instanceof StatusError) return ran;
  // An answer without outputs says why in its status, which then goes for each.
  const answers =
    ran.outputs.length > 0 || !ran.status
      ? ran.outputs
      : still.map(() => create(OutputSchema, { ...(ran.status && { status: ran.status }) }));
  let next = 0;
  const outputs: Output[] = [];
  for (const [index, input] of inputs.entries()) {
    const output = moving[index]
      ? await predictVideo(context, input, sampleMs || DEFAULT_MS, ask)
      : answers[next++];
    if (output instanceof StatusError) return output;
    outputs.push(output ?? failed(new StatusError(StatusCode.MODEL_PREDICTION_FAILED)));
  }
  return create(MultiOutputResponseSchema, { outputs });
}

/** A picture beside the video goes first, as everywhere. */
function isMoving(data: Data | undefined): boolean {
  if (!data || data.image || data.text || data.embeddings.length > 0) return false;
  return data.frames.length > 0 || (data.video?.base64.length ?? 0) > 0;
}

async function predictVideo(
  context: PredictContext,
  input: Input,
  everyMs: number,
  ask: Asking['ask'],
): Promise<Output | StatusError> {
  let frames: readonly Frame[];
  try {
    frames = await framesOf(context, input, everyMs);
  } catch (error) {
    if (error instanceof StatusError) return failed(error);
    throw error;
  }
  const told: Frame[] = [];
  for (let at = 0; at < frames.length; at += AT_A_TIME) {
    const some = frames.slice(at, at + AT_A_TIME);
    const ran = await ask(
      some.map(({ data = create(DataSchema) }) => create(InputSchema, { data })),
    );
    if (ran instanceof StatusError) return ran;
    for (const [index, { frameInfo }] of some.entries()) {
      const output = ran.outputs[index];
      const status = output?.status ?? ran.status;
      if (!output || (status && status.code !== StatusCode.SUCCESS)) {
        return create(OutputSchema, { ...(status && { status }) });
      }
      told.push(frame(frameInfo, output.data));
    }
  }
  return create(OutputSchema, {
    status: named(StatusCode.SUCCESS),
    data: create(DataSchema, { frames: told }),
  });
}

/** What an earlier node of a workflow made of a video, or the pictures of the video itself. */
async function framesOf(
  { deps, signal }: PredictContext,
  { data }: Input,
  everyMs: number,
): Promise<readonly Frame[]> {
  if (data && data.frames.length > 0) return data.frames;
  const bytes = data?.video?.base64 ?? new Uint8Array();
  const format = sniffAs('video', bytes)?.format;
  if (!format) throw mediaFault('format', 'video', 'the bytes are no video of a known format');
  return await deps.media.scratch.withFile(async (file) => {
    await writeFile(file, bytes, { mode: 0o600 });
    const { fps = 0, seconds = 0 } = await deps.media.probeVideo(file, format, signal);
    if (seconds > inputLimits.videoSeconds) {
      const most = inputLimits.videoSeconds / 60;
      throw mediaFault('limit', 'video', `the video is longer than ${most} minutes`);
    }
    const sampling = { everyMs, most: MOST_FRAMES };
    const pictures = await deps.media.framesOfVideo(file, format, sampling, signal);
    return pictures.map((base64, index) => {
      const time = Math.round(everyMs * (index + 0.5));
      const number = Math.floor((time * fps) / 1000);
      const info = create(FrameInfoSchema, { index, time: BigInt(time), number });
      return frame(info, create(DataSchema, { image: { base64 } }));
    });
  });
}

function frame(frameInfo: FrameInfo | undefined, data: Data | undefined): Frame {
  return create(FrameSchema, { ...(frameInfo && { frameInfo }), ...(data && { data }) });
}

function failed({ code, description, details }: StatusError): Output {
  const status = create(StatusSchema, { code, description, details: details || description });
  return create(OutputSchema, { status });
}

function named(code: StatusCode) {
  return create(StatusSchema, { code, description: statusInfo(code).description });
}
