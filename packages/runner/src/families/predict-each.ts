import { MediaError } from '../media/media-error.ts';
import type { ModelInput, ModelOutput } from './types.ts';

/** Inputs in work at a time: enough to decode ahead of the network, few enough to bound memory. */
const IN_WORK = 24;

/**
 * Predicts on every input on its own, so that one bad image fails alone. The families' batchers join
 * what is in work into batches.
 */
export async function predictEach(
  inputs: readonly ModelInput[],
  signal: AbortSignal | undefined,
  predict: (input: ModelInput) => Promise<ModelOutput>,
): Promise<ModelOutput[]> {
  const outputs = new Array<ModelOutput>(inputs.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < inputs.length; index = next++) {
      signal?.throwIfAborted();
      const input = inputs[index];
      if (input) outputs[index] = await predict(input).catch(toFailure);
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_WORK, inputs.length) }, worker));
  return outputs;
}

/** For an input of a kind that the model does not read. */
export function refuseKind(input: ModelInput, reads: string): never {
  throw new MediaError('unsupported-format', `the model reads ${reads}, not ${input.kind}`);
}

function toFailure(error: unknown): ModelOutput {
  if (error instanceof MediaError) return { kind: 'failed', error };
  throw error;
}
