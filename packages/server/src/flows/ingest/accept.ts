// PostInputs, first beat: take the call, or say what is wrong with it.
//   1. read: every input is checked; what cannot be taken is refused by itself
//   2. the same call again (same job, same content) gets the first answer
//   3. sent bytes go to blobs, each marked as trash until a row refers to it
//   4. one transaction: rows, labels, membership of datasets, the job that goes on
import type { AppScope } from '@limpid/domain/access/authority';
import { inputLimits } from '@limpid/domain/input/media';
import { DatabaseFailure, enqueue, type Tx, transaction } from '@limpid/store';
import { type CallAnswer, findCall, insertCall, takeInputJob } from '@limpid/store/db/input-jobs';
import { dropExpected, keepBlobs } from '@limpid/store/db/media';
import { type Input, invalidArgument, invalidRequest, isClientId, StatusError } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { ingestInputs } from '../../jobs.ts';
import { causedHere } from '../../tracing/jobs.ts';
import { hashCall } from './hash-call.ts';
import { addLabels, addMemberships, insertRows, type Outcome } from './insert.ts';
import { findOwnMedia, type Sender } from './own-media.ts';
import { type Prepared, prepareInputs } from './prepare.ts';
import { storeSentBytes } from './sent-bytes.ts';

export interface InputsCall {
  readonly inputs: readonly Input[];
  /** Empty: the inputs belong to no job that a client could ask for. */
  readonly jobId: string;
  /** What to do with an id that is taken. */
  readonly onConflict: 'refuse' | 'suffix';
}

/** `earlier`: key of an input that the same call brought when it was sent before. */
export type CallOutcome = Outcome | { readonly earlier: bigint };

/** What became of each input, in order. */
export async function acceptInputs(
  deps: Deps,
  caller: Sender,
  scope: AppScope,
  call: InputsCall,
): Promise<readonly CallOutcome[]> {
  checkCall(call);
  const own = await findOwnMedia(deps, caller, call.inputs);
  const prepared = await prepareInputs(deps, scope, call.inputs, own);
  const hash = call.jobId ? await hashCall(prepared) : undefined;
  if (hash) {
    const before = await findCall(deps.db, scope, call.jobId, hash);
    if (before) return before.map(earlier);
  }
  await deps.assertSpace(call.inputs.reduce((sum, input) => sum + sentBytes(input), 0));
  const stored = await storeSentBytes(deps, scope, prepared);
  const marks = [...stored.values()].flatMap(({ marks: own }) => own);
  try {
    const work = { deps, caller, scope, call, prepared, hash, stored };
    const { outcomes, kept } = await commitSurely(work);
    await dropExpected(
      deps.db,
      marks.filter((mark) => !kept.has(mark)),
    );
    return outcomes;
  } catch (error) {
    // Should this fail too, they are dropped when their time is over.
    await dropExpected(deps.db, marks).catch(() => undefined);
    throw error;
  }
}

function checkCall({ inputs, jobId }: InputsCall): void {
  if (inputs.length === 0) throw invalidRequest('inputs is empty');
  if (inputs.length > inputLimits.perCall) {
    throw invalidArgument(`one call takes at most ${inputLimits.perCall} inputs`, 'input');
  }
  if (inputs.filter((input) => input.data?.video).length > inputLimits.videosPerCall) {
    throw invalidArgument('one call takes at most one video', 'input');
  }
  const bytes = inputs.reduce((sum, input) => sum + sentBytes(input), 0);
  if (bytes > inputLimits.callBytes) {
    const details = `one call takes at most ${inputLimits.callBytes / 1024 / 1024} MB`;
    throw new StatusError(overLimit, { details });
  }
  if (jobId !== '' && !isClientId(jobId)) {
    throw invalidArgument(`'${jobId.slice(0, 80)}' is not a valid job id`, 'input');
  }
}

const overLimit = 30105;

function sentBytes({ data }: Input): number {
  if (!data) return 0;
  const { image, video, audio, text } = data;
  const sizes = [image, video, audio].map((medium) => medium?.base64.length ?? 0);
  return sizes.reduce((sum, size) => sum + size, text?.raw.length ?? 0);
}

interface Commit {
  readonly deps: Deps;
  readonly caller: Sender;
  readonly scope: AppScope;
  readonly call: InputsCall;
  readonly prepared: readonly Prepared[];
  readonly hash: Buffer | undefined;
  readonly stored: Awaited<ReturnType<typeof storeSentBytes>>;
}

interface Committed {
  readonly outcomes: readonly CallOutcome[];
  /** Marks of the blobs that rows refer to now. */
  readonly kept: ReadonlySet<bigint>;
}

/**
 * Whether a commit took place that was lost on its way only the database knows. A call under a job leaves its mark with
 * its rows, so it is simply done again: either there is the mark, or there is nothing.
 */
async function commitSurely(work: Commit): Promise<Committed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction(work.deps.db, (tx) => commit(tx, work));
    } catch (error) {
      const isLost = error instanceof DatabaseFailure && error.kind === 'lost';
      if (!work.hash || !isLost || attempt === 3) throw error;
    }
  }
}

async function commit(tx: Tx, work: Commit): Promise<Committed> {
  const { deps, caller, scope, call, prepared, hash, stored } = work;
  const jobKey = call.jobId ? await takeInputJob(tx, scope, call.jobId) : null;
  if (hash) {
    // The job is locked now: a twin of this call is either done, and here is its answer, or waits for us.
    const before = await findCall(tx, scope, call.jobId, hash);
    if (before) return { outcomes: before.map(earlier), kept: new Set() };
  }
  const outcomes = await insertRows(tx, {
    deps,
    scope,
    jobKey,
    onConflict: call.onConflict,
    prepared,
    stored,
  });
  await addLabels(tx, scope, caller, outcomes);
  await addMemberships(tx, outcomes);
  const taken = outcomes.flatMap((outcome) => ('key' in outcome ? [outcome] : []));
  const kept = taken.flatMap(({ item }) => stored.get(item)?.marks ?? []);
  await keepBlobs(tx, kept);
  if (jobKey !== null && hash) await insertCall(tx, jobKey, hash, outcomes.map(answerOf));
  if (taken.length > 0) {
    const keys = taken.map(({ key }) => key);
    await enqueue(tx, [
      ingestInputs.with({ app: scope.appKey, keys, ...causedHere(deps.tracing) }),
    ]);
  }
  return { outcomes, kept: new Set(kept) };
}

function answerOf(outcome: Outcome): CallAnswer {
  if ('key' in outcome) return String(outcome.key);
  const { code, details } = outcome.refused;
  return { code, details, id: outcome.id };
}

function earlier(answer: CallAnswer): CallOutcome {
  if (typeof answer === 'string') return { earlier: BigInt(answer) };
  const { code, details, id } = answer;
  return { id, refused: new StatusError(code, { details }) };
}
