import type { AppScope } from '@limpid/domain/access/authority';
import { type CallAnswer, getInputJob } from '@limpid/store/db/input-jobs';
import { getInputsByKey } from '@limpid/store/db/inputs';
import {
  create,
  type Input,
  InputSchema,
  type PostInputsRequest,
  StatusCode,
  statusInfo,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { presentInputs } from '../../present/inputs.ts';
import { jobMessage } from './job-message.ts';

/** The answer to a call that was taken: one input for each that was sent, in order. */
export async function answerCall(
  deps: Deps,
  scope: AppScope,
  request: PostInputsRequest,
  outcome: readonly CallAnswer[],
) {
  const keys = outcome.flatMap((item) => (typeof item === 'string' ? [BigInt(item)] : []));
  const rows = await getInputsByKey(deps.db, scope, keys);
  const messages = await presentInputs(deps, scope, rows);
  const byKey = new Map(rows.map((row, index) => [String(row.key), messages[index]]));
  const inputs = outcome.map((item, index) =>
    typeof item === 'string'
      ? // Taken by an earlier call of this content, and deleted since.
        (byKey.get(item) ?? goneInput(request.inputs[index]?.id ?? ''))
      : refusedInput(item.id, item.code, item.details),
  );
  const job = request.inputsAddJobId && (await getInputJob(deps.db, scope, request.inputsAddJobId));
  const status = callStatus(outcome);
  return {
    inputs,
    ...(job && { inputsAddJob: jobMessage(job) }),
    ...(status && { status }),
  };
}

function refusedInput(id: string, code: number, details: string): Input {
  const { description } = statusInfo(code);
  return create(InputSchema, {
    id,
    status: { code, description, details: details || description },
  });
}

function goneInput(id: string): Input {
  return refusedInput(id, StatusCode.INPUT_DOES_NOT_EXIST, 'the input was deleted');
}

/** Success unless something was refused; then mixed, or failure when nothing was taken. */
function callStatus(outcome: readonly CallAnswer[]) {
  const refused = outcome.flatMap((item) => (typeof item === 'string' ? [] : [item]));
  const [first] = refused;
  if (!first) return undefined;
  const details = first.details || statusInfo(first.code).description;
  if (refused.length < outcome.length) {
    const told = `${refused.length} of ${outcome.length} inputs were refused, the first with: ${details}`;
    return { code: StatusCode.MIXED_STATUS, details: told };
  }
  return { code: StatusCode.FAILURE, details };
}
