// The answer to a prediction: an output for every input, in order, whatever became of it.
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  create,
  type Input,
  InputSchema,
  type Model,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  newHexId,
  type Output,
  OutputSchema,
  type Status,
  StatusCode,
  StatusError,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';

/** An output for each input, or why there is none at all. */
export type Ran = MultiOutputResponse | StatusError;

export interface Parts {
  readonly inputs: readonly Input[];
  /** Inputs that never reached the runner, by position. */
  readonly faults: ReadonlyMap<number, StatusError>;
  /** What the runner said of the others, or why it did not. */
  readonly ran: Ran | undefined;
  readonly model: Model | undefined;
}

export function answerOf(deps: Deps, parts: Parts): MultiOutputResponse {
  const { inputs, faults, ran, model } = parts;
  // A runner may answer with a status alone, as it does when the model's code raised.
  const failure =
    ran instanceof StatusError ? statusOf(ran) : ran?.outputs.length ? undefined : ran?.status;
  const answered = ran instanceof StatusError || !ran ? [] : ran.outputs;
  let next = 0;
  const outputs = inputs.map((_, index) => {
    const fault = faults.get(index);
    if (fault) return failed(statusOf(fault));
    return (
      answered[next++] ??
      failed(failure ?? statusOf(new StatusError(StatusCode.MODEL_PREDICTION_FAILED)))
    );
  });
  const whole = failure && faults.size === 0 ? failure : overall(outputs, ran);
  const response = create(MultiOutputResponseSchema);
  Object.assign(response, { status: whole, outputs });
  completeOutputs(deps, response, inputs, model);
  return response;
}

/** What every output carries beside its data, where the runner left it out. */
export function completeOutputs(
  deps: Deps,
  response: MultiOutputResponse,
  inputs: readonly Input[],
  model: Model | undefined,
): void {
  const createdAt = timestampFromDate(deps.clock());
  // Who made the output, without the parameters it was made with.
  if (model?.modelVersion) model.modelVersion.outputInfo = undefined;
  for (const [index, output] of response.outputs.entries()) {
    output.id ||= newHexId(deps.random);
    output.createdAt ??= createdAt;
    output.model = model;
    output.input ??= shownInput(inputs[index]);
    output.status ??= create(StatusSchema, { code: StatusCode.SUCCESS });
    output.status.description ||= statusInfo(output.status.code).description;
  }
}

/** The input without the bytes that the caller has anyway. */
function shownInput(input: Input | undefined): Input | undefined {
  if (!input) return undefined;
  return create(InputSchema, { id: input.id, createdAt: input.createdAt, status: input.status });
}

function failed(status: Status): Output {
  return create(OutputSchema, { status });
}

function statusOf({ code, description, details }: StatusError): Status {
  return create(StatusSchema, { code, description, details: details || description });
}

/** Success when all succeeded, mixed when some did, else what all have in common. */
function overall(outputs: readonly Output[], ran: Parts['ran']): Status {
  const codes = outputs.map((output) => output.status?.code ?? StatusCode.SUCCESS);
  const bad = codes.filter((code) => code !== StatusCode.SUCCESS);
  if (bad.length === 0)
    return ran instanceof StatusError || !ran?.status ? named(StatusCode.SUCCESS) : ran.status;
  if (bad.length < codes.length) return named(StatusCode.MIXED_STATUS);
  const [first] = outputs;
  const shared = bad.every((code) => code === bad[0]) && first?.status;
  return shared
    ? create(StatusSchema, {
        code: shared.code,
        description: shared.description,
        details: shared.details,
      })
    : named(StatusCode.FAILURE);
}

function named(code: StatusCode): Status {
  return create(StatusSchema, { code, description: statusInfo(code).description });
}
