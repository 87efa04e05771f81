import { getInputJob } from '@limpid/store/db/input-jobs';
import { getInputsByKey, inputStatus } from '@limpid/store/db/inputs';
import {
  create,
  type Input,
  InputSchema,
  type PostInputsRequest,
  StatusCode,
  StatusError,
  statusInfo,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import type { CallOutcome } from '../../flows/ingest/accept.ts';
import type { TakenItem } from '../../flows/ingest/insert.ts';
import {
  assembleInput,
  type InputPlace,
  inputPlace,
  nameConcepts,
  presentInputs,
} from '../../present/inputs.ts';
import { jobMessage } from './job-message.ts';

/** The answer to a call that was taken: one input for each that was sent, in order. */
export async function answerCall(
  call: Call<'app'>,
  request: PostInputsRequest,
  outcomes: readonly CallOutcome[],
) {
  const { deps, scope } = call;
  const place = inputPlace(deps, scope);
  const earlier = await readEarlier(call, outcomes);
  const inputs = outcomes.map((outcome, index) => {
    if ('refused' in outcome) return refusedInput(outcome.id, outcome.refused);
    if ('key' in outcome) return takenInput(outcome, place);
    // Deleted since it was taken.
    return earlier.get(outcome.earlier) ?? goneInput(request.inputs[index]?.id ?? '');
  });
  await nameConcepts(
    call,
    inputs.flatMap((input) => input.data ?? []),
  );
  const job = request.inputsAddJobId && (await getInputJob(deps.db, scope, request.inputsAddJobId));
  const status = callStatus(outcomes);
  return {
    inputs,
    ...(job && { inputsAddJob: jobMessage(job) }),
    ...(status && { status }),
  };
}

/** From what is at hand: it was written just now. */
function takenInput({ item, id, createdAt, media }: TakenItem, place: InputPlace): Input {
  const { data, labels } = item;
  if (labels) {
    const { concepts, regions, frames, tracks, timeSegments } = labels;
    Object.assign(data, { concepts, regions, frames, tracks, timeSegments });
  }
  const facts = {
    id,
    status_code: inputStatus.pending,
    status_details: '',
    metadata: item.metadata ?? null,
    latitude: item.place?.latitude ?? null,
    longitude: item.place?.longitude ?? null,
    media,
    created_at: createdAt,
    modified_at: createdAt,
  };
  return assembleInput(data, facts, place);
}

async function readEarlier(
  call: Call<'app'>,
  outcomes: readonly CallOutcome[],
): Promise<ReadonlyMap<bigint, Input>> {
  const keys = outcomes.flatMap((outcome) => ('earlier' in outcome ? [outcome.earlier] : []));
  const rows = await getInputsByKey(call.deps.db, call.scope, keys);
  const messages = await presentInputs(call, rows);
  // One message for each row.
  return new Map(rows.map((row, index) => [row.key, messages[index] as Input]));
}

function refusedInput(id: string, { code, description, details }: StatusError): Input {
  return create(InputSchema, {
    id,
    status: { code, description, details: details || description },
  });
}

function goneInput(id: string): Input {
  const gone = new StatusError(StatusCode.INPUT_DOES_NOT_EXIST, {
    details: 'the input was deleted',
  });
  return refusedInput(id, gone);
}

/** Success unless something was refused; then mixed, or failure when nothing was taken. */
function callStatus(outcomes: readonly CallOutcome[]) {
  const refused = outcomes.flatMap((outcome) => ('refused' in outcome ? [outcome.refused] : []));
  const [first] = refused;
  if (!first) return undefined;
  const details = first.details || statusInfo(first.code).description;
  if (refused.length < outcomes.length) {
    const told = `${refused.length} of ${outcomes.length} inputs were refused, the first with: ${details}`;
    return { code: StatusCode.MIXED_STATUS, details: told };
  }
  return { code: StatusCode.FAILURE, details };
}
