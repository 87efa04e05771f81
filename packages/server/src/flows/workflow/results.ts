// The answer of a workflow: for every input, what its nodes said of it.
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  create,
  type Input,
  InputSchema,
  newHexId,
  type Output,
  type Status,
  StatusCode,
  StatusSchema,
  statusInfo,
  type WorkflowResult,
  WorkflowResultSchema,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { isFailure, type NodeOutputs } from './execute.ts';

/** One result for each input, with the outputs of its nodes in the order of the definition. */
export function resultsOf(
  deps: Pick<Deps, 'clock' | 'random'>,
  inputs: readonly Input[],
  nodes: readonly NodeOutputs[],
): WorkflowResult[] {
  const createdAt = timestampFromDate(deps.clock());
  return inputs.map((input, index) => {
    const of = ({ outputs }: NodeOutputs): Output[] => outputs.slice(index, index + 1);
    const outputs = nodes.filter(({ node }) => !node.suppressed).flatMap(of);
    for (const output of outputs) {
      output.id ||= newHexId(deps.random);
      output.createdAt ??= createdAt;
    }
    return create(WorkflowResultSchema, {
      id: newHexId(deps.random),
      status: statusOfInput(nodes.flatMap(of)),
      createdAt,
      // Without the bytes, which the caller has anyway.
      input: create(InputSchema, { id: input.id }),
      outputs,
    });
  });
}

/** Of one input: what no node read is unsupported, what some node failed on has failed. */
export function statusOfInput(outputs: readonly Output[]): Status {
  const failed = outputs.filter(({ status }) => isFailure(status));
  const [first] = failed;
  if (first?.status) {
    return failed.length === outputs.length ? copy(first.status) : named(StatusCode.MIXED_STATUS);
  }
  const isRead = outputs.some(({ status }) => status?.code === StatusCode.SUCCESS);
  if (isRead || outputs.length === 0) return named(StatusCode.SUCCESS);
  return named(StatusCode.INPUT_UNSUPPORTED_FORMAT);
}

/** Of the whole: success when all succeeded, mixed when some did, else what all have in common. */
export function overallStatus(results: readonly WorkflowResult[]): Status {
  const codes = results.map(({ status }) => status?.code ?? StatusCode.SUCCESS);
  const bad = codes.filter((code) => code !== StatusCode.SUCCESS);
  const [first] = results;
  if (bad.length === 0 || !first?.status) return named(StatusCode.SUCCESS);
  if (bad.length < codes.length) return named(StatusCode.MIXED_STATUS);
  const isShared = bad.every((code) => code === bad[0]);
  return isShared ? copy(first.status) : named(StatusCode.FAILURE);
}

function copy({ code, description, details }: Status): Status {
  return create(StatusSchema, { code, description, details });
}

function named(code: StatusCode): Status {
  const { description } = statusInfo(code);
  return create(StatusSchema, { code, description });
}
