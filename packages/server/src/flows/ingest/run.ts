// Second beat, outside of any request: fetch what stands behind URLs, look at all bytes, let the base workflow describe
// them. Reads and computes; `commit` alone writes results. May be interrupted anywhere and run again.
import { type AppScope, grantApp } from '@limpid/domain/access/authority';
import type { MediaEntry } from '@limpid/domain/input/media';
import { type Log, transaction } from '@limpid/store';
import { countEnded } from '@limpid/store/db/input-jobs';
import {
  attemptsOf,
  type Claim,
  claimInputs,
  failExhausted,
  findAppToWork,
  finishPlainTexts,
  releaseClaims,
  touchInputs,
} from '@limpid/store/db/input-work';
import { inputStatus } from '@limpid/store/db/inputs';
import { StatusCode, StatusError, statusInfo, unavailable } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { type BaseWorkflow, type Effects, noEffects } from './base-workflow.ts';
import { commitInputs, type Finished, saveMedia } from './commit.ts';
import { obtainMedia } from './obtain.ts';

export interface IngestContext {
  readonly deps: Deps;
  readonly workflow: BaseWorkflow;
  /** Aborted when the process ends: what is in work is put back. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** How many inputs are committed together. */
const chunkSize = 16;
/** How many of them are fetched and looked at side by side. */
const atATime = 4;
/** An input that was begun so often took the process down with it each time. */
const maxAttempts = 4;
const touchEveryMs = 60_000;

export async function runIngest(
  context: IngestContext,
  appKey: bigint,
  keys: readonly bigint[],
): Promise<void> {
  const { deps, workflow } = context;
  const app = await findAppToWork(deps.db, appKey);
  // A deleted app's inputs are purged with it.
  if (!app) return;
  const scope = grantApp({ ...app, standing: 'owner' });
  const describes = await workflow.describes(scope);
  if (!describes && (await finishTexts(context, scope, keys)) === keys.length) return;
  await failHopeless(context, scope, keys);
  const attempts = await attemptsOf(deps.db, scope, keys);
  const touching = setInterval(() => {
    touchInputs(deps.db, scope, keys).catch((error: unknown) =>
      context.log.warn({ err: error }, 'inputs in work could not be touched'),
    );
  }, touchEveryMs);
  try {
    for (const chunk of chunksOf(attempts)) {
      if (context.signal.aborted) throw unavailable('the platform is stopping');
      await runChunk(context, scope, chunk, describes);
    }
  } finally {
    clearInterval(touching);
  }
}

async function finishTexts(
  { deps }: IngestContext,
  scope: AppScope,
  keys: readonly bigint[],
): Promise<number> {
  return await transaction(deps.db, async (tx) => {
    const ended = await finishPlainTexts(tx, scope, keys);
    await countEnded(tx, ended);
    return ended.length;
  });
}

async function failHopeless(
  { deps }: IngestContext,
  scope: AppScope,
  keys: readonly bigint[],
): Promise<void> {
  const details = `processing was interrupted ${maxAttempts} times`;
  await transaction(deps.db, async (tx) => {
    await countEnded(tx, await failExhausted(tx, scope, keys, maxAttempts, details));
  });
}

/** What was interrupted before comes alone: should it bring the process down, it takes no other with it. */
function chunksOf(attempts: ReadonlyMap<bigint, number>): bigint[][] {
  const fresh = [...attempts].filter(([, count]) => count === 0).map(([key]) => key);
  const tried = [...attempts].filter(([, count]) => count > 0).map(([key]) => [key]);
  const chunks: bigint[][] = [];
  for (let at = 0; at < fresh.length; at += chunkSize) chunks.push(fresh.slice(at, at + chunkSize));
  return [...chunks, ...tried];
}

async function runChunk(
  context: IngestContext,
  scope: AppScope,
  keys: readonly bigint[],
  describes: boolean,
): Promise<void> {
  const { deps } = context;
  const claims = await claimInputs(deps.db, scope, keys, maxAttempts);
  if (claims.length === 0) return;
  try {
    const finished = await lookAtAll(context, scope, claims);
    const effects = describes ? await describe(context, scope, finished) : noEffects;
    await commitInputs(deps.db, scope, applyFailures(finished, effects), effects);
  } catch (error) {
    // What may get better by itself is no attempt; anything else counts, or it would be tried for ever.
    const untried = error instanceof StatusError && statusInfo(error.code).audience === 'later';
    await releaseClaims(deps.db, claims, untried);
    throw error;
  }
}

async function lookAtAll(
  context: IngestContext,
  scope: AppScope,
  claims: readonly Claim[],
): Promise<Finished[]> {
  const finished: Finished[] = [];
  const queue = [...claims];
  const worker = async (): Promise<void> => {
    for (let claim = queue.shift(); claim; claim = queue.shift()) {
      finished.push(await look(context, scope, claim));
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atATime }, worker));
  // Only when all have ended may their claims be given back.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return finished;
}

/** One input's media, or why there is none. What may get better later is thrown on. */
async function look(context: IngestContext, scope: AppScope, claim: Claim): Promise<Finished> {
  try {
    const { media, marks } = await obtainMedia(context.deps, scope, claim, context.signal);
    return { claim, statusCode: inputStatus.done, details: '', media, marks };
  } catch (error) {
    if (context.signal.aborted) throw unavailable('the platform is stopping');
    return { ...failure(context, claim, error), media: claim.media, marks: [] };
  }
}

function failure(
  { log }: IngestContext,
  claim: Claim,
  error: unknown,
): Pick<Finished, 'claim' | 'statusCode' | 'details'> {
  if (error instanceof StatusError) {
    const { audience } = statusInfo(error.code);
    if (audience === 'later') throw error;
    return { claim, statusCode: error.code, details: error.details || error.description };
  }
  log.error({ err: error, input: claim.key }, 'an input could not be looked at');
  return { claim, statusCode: StatusCode.INPUT_FAILED, details: 'processing failed unexpectedly' };
}

async function describe(
  { deps, workflow, signal, log }: IngestContext,
  scope: AppScope,
  finished: readonly Finished[],
): Promise<Effects> {
  const ready = finished.filter(({ statusCode }) => statusCode === inputStatus.done);
  if (ready.length === 0) return noEffects;
  const inputs = ready.map(({ claim, media }) => readyInput(claim, media));
  try {
    return await workflow.run(scope, inputs, signal);
  } catch (error) {
    const known = error instanceof StatusError;
    const isLater = known && statusInfo(error.code).audience === 'later';
    if (isLater || signal.aborted) await saveMedia(deps.db, scope, ready);
    if (signal.aborted) throw unavailable('the platform is stopping');
    if (isLater) throw error;
    if (!known) log.error({ err: error }, 'a base workflow failed');
    const code = known ? error.code : StatusCode.INPUT_FAILED;
    const details = known
      ? error.details || error.description
      : 'the base workflow failed unexpectedly';
    return { ...noEffects, failures: inputs.map(({ key }) => ({ inputKey: key, code, details })) };
  }
}

function readyInput({ key, id, kind, body }: Claim, media: readonly MediaEntry[]) {
  return { key, id, kind, body, media };
}

function applyFailures(finished: readonly Finished[], effects: Effects): Finished[] {
  const failed = new Map(effects.failures.map((one) => [one.inputKey, one]));
  return finished.map((one) => {
    const { code, details } = failed.get(one.claim.key) ?? {};
    return code === undefined ? one : { ...one, statusCode: code, details: details ?? '' };
  });
}
