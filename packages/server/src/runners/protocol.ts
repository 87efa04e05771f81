// The rules of ProcessRunnerItems in one place; docs/runner-protocol.md says how each was observed.
//
// A runner dials in and opens streams. Its first message carries RUNNER_STREAM_START and says who it is.
//
// 1. One-item streams (the official runner: one per thread). The server is silent until it has an item. It sends the
//    item, the runner sends every output and half-closes, the server ends the call, the runner opens the next stream.
//    A stream never serves a second item.
// 2. Shared streams (ours). The start message says `in_flight=N` in `status.details`; the server answers with
//    RUNNER_STREAM_START and then keeps up to N items on the stream. The runner ends each item with a message that has
//    its id and RUNNER_STREAM_END, on its own or together with the last outputs. RUNNER_STREAM_END without an id means
//    "no more items"; the server repeats it when nothing is on its way any more, and the runner half-closes when it
//    has ended the rest.
// 3. Control streams (`control-` before the runner id, one per official process) only carry cancellations.
// 4. Order: outputs of an item reach its caller in the order in which they came. Items have no order among themselves.
// 5. More input of a STREAMING_STREAMING item is sent as items of the same id; RUNNER_STREAM_END ends it. Half-closing
//    the call instead would lose every output that is still to come.
// 6. Cancellation is an item whose `processing_info.status` is RUNNER_ITEM_CANCELLED. It goes to the replica's control
//    stream and to the stream at work; a one-item stream is then ended. A slot of a shared stream stays taken until the
//    runner has ended the item: it is still computing.
// 7. Loss: a stream that breaks before the item's end lost it. If nothing of it reached the caller and no input beyond
//    the first was used up, it runs once more elsewhere; else the caller gets RUNNER_PROCESSING_FAILED.
// 8. An idle one-item stream is told RUNNER_NEEDS_RETRY after `idleMs`: its deadline of 1850 s counts from its opening,
//    and an item that is started late would be cut off.
// 9. Refusals are in-band, never a gRPC error: on most of those the official runner loses the thread for good.
import {
  create,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  type MultiRunnerItemResponse,
  MultiRunnerItemResponseSchema,
  type PostModelOutputsRequest,
  type PostRunnerItemOutputsRequest,
  RunnerMethodType,
  StatusCode,
  StatusError,
  statusInfo,
} from '@limpid/wire';

export type WorkKind = 'unary' | 'generate' | 'stream';

export interface RunnerLimits {
  /** Requests that may wait for one runner. */
  readonly queuePerRunner: number;
  /** Of those, how many of one group (a user): one flood must leave room for others. */
  readonly queuePerGroup: number;
  /** How long a request waits for a runner that is not connected. */
  readonly holdMs: number;
  /** How long a request waits for a free slot of connected runners. */
  readonly queueMs: number;
  /** How long one item may run. */
  readonly itemMs: number;
  /** How often an item is tried, the first time included. */
  readonly attempts: number;
  /** Rest before the next attempt: when a process dies its streams end one after the other, idle ones included. */
  readonly retryDelayMs: number;
  /** Idle time of a one-item stream before it is recycled. */
  readonly idleMs: number;
  /** How long a new stream may take to say who it is. */
  readonly startMs: number;
  /** How long a legacy poll is held. */
  readonly pollMs: number;
  /** Items that a shared stream may ask for. */
  readonly maxInFlight: number;
  /** Outputs kept for a caller that reads slowly before a one-item stream is read no further. */
  readonly bufferedOutputs: number;
  /** The same on a shared stream, which can't wait for one caller: beyond it the item is cancelled. */
  readonly maxBufferedOutputs: number;
}

export const defaultRunnerLimits: RunnerLimits = {
  queuePerRunner: 512,
  queuePerGroup: 256,
  holdMs: 15_000,
  queueMs: 60_000,
  itemMs: 1_800_000,
  attempts: 2,
  retryDelayMs: 100,
  idleMs: 40_000,
  startMs: 15_000,
  pollMs: 20_000,
  maxInFlight: 1024,
  bufferedOutputs: 16,
  maxBufferedOutputs: 2048,
};

/** Time as a dependency. `after` returns what undoes it. */
export interface Timers {
  now(): number;
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** What a runner says of itself in the first message of a stream. */
export interface RunnerStart {
  readonly userId: string;
  readonly computeClusterId: string;
  readonly nodepoolId: string;
  readonly runnerId: string;
  /** One process of the runner; the official one makes a new id at each start unless its environment names one. */
  readonly replicaId: string;
  readonly control: boolean;
  /** Items at a time on this stream; undefined for a one-item stream. */
  readonly inFlight: number | undefined;
}

const CONTROL_PREFIX = 'control-';

export function readStart(
  message: PostRunnerItemOutputsRequest,
  limits: RunnerLimits,
): RunnerStart {
  if (message.status?.code !== StatusCode.RUNNER_STREAM_START) {
    throw new StatusError(StatusCode.RUNNER_INVALID_REQUEST, {
      details: 'the first message of a runner stream has status RUNNER_STREAM_START',
    });
  }
  const control = message.runnerId.startsWith(CONTROL_PREFIX);
  const runnerId = control ? message.runnerId.slice(CONTROL_PREFIX.length) : message.runnerId;
  if (runnerId === '') {
    throw new StatusError(StatusCode.RUNNER_INVALID_ARGUMENT, { details: 'runner_id is missing' });
  }
  return {
    userId: message.userAppId?.userId ?? '',
    computeClusterId: message.computeClusterId,
    nodepoolId: message.nodepoolId,
    runnerId,
    replicaId: message.runnerReplicaId,
    control,
    inFlight: readInFlight(message.status.details, limits),
  };
}

function readInFlight(details: string, limits: RunnerLimits): number | undefined {
  const [, digits] = /^in_flight=(\d{1,6})$/.exec(details) ?? [];
  if (digits === undefined) return undefined;
  return Math.min(Math.max(1, Number(digits)), limits.maxInFlight);
}

const methodTypes: Readonly<Record<WorkKind, RunnerMethodType>> = {
  unary: RunnerMethodType.UNARY_UNARY,
  generate: RunnerMethodType.UNARY_STREAMING,
  stream: RunnerMethodType.STREAMING_STREAMING,
};

export interface RunnerRequest {
  readonly id: string;
  readonly kind: WorkKind;
  readonly request: PostModelOutputsRequest;
  readonly reqId: string;
  /** The caller, for runners that keep accounts. */
  readonly userId: string;
}

function saying(code: StatusCode): MultiRunnerItemResponse {
  return create(MultiRunnerItemResponseSchema, {
    status: { code, description: statusInfo(code).description },
  });
}

/** One item, or more input for one. The runner logs `reqId` beside everything it does for it. */
export function itemMessage(item: RunnerRequest): MultiRunnerItemResponse {
  return create(MultiRunnerItemResponseSchema, {
    status: {
      code: StatusCode.SUCCESS,
      description: statusInfo(StatusCode.SUCCESS).description,
      reqId: item.reqId,
    },
    runnerItems: [
      {
        id: item.id,
        processingInfo: { runnerMethodType: methodTypes[item.kind] },
        request: { case: 'postModelOutputsRequest', value: item.request },
        ...(item.userId === '' ? {} : { metadata: { userId: item.userId } }),
      },
    ],
  });
}

function aboutItem(code: StatusCode, itemId: string, info?: StatusCode): MultiRunnerItemResponse {
  return create(MultiRunnerItemResponseSchema, {
    status: { code, description: statusInfo(code).description },
    runnerItems: [
      {
        id: itemId,
        ...(info === undefined ? {} : { processingInfo: { status: { code: info } } }),
      },
    ],
  });
}

/** The caller has said everything. The official runner reads only the code, ours the id as well. */
export function endOfInput(itemId: string): MultiRunnerItemResponse {
  return aboutItem(StatusCode.RUNNER_STREAM_END, itemId);
}

/** The official runner looks for the code in the item, not in the response. */
export function cancellation(itemId: string): MultiRunnerItemResponse {
  const code = StatusCode.RUNNER_ITEM_CANCELLED;
  return aboutItem(code, itemId, code);
}

/** Open a new stream, at once. */
export function needsRetry(): MultiRunnerItemResponse {
  return saying(StatusCode.RUNNER_NEEDS_RETRY);
}

/** The answer to `in_flight=N`: this server shares streams. */
export function sharedStreamStarted(): MultiRunnerItemResponse {
  return saying(StatusCode.RUNNER_STREAM_START);
}

/** The answer to a runner that takes no more items: what is on its way to it is all that comes. */
export function nothingMore(): MultiRunnerItemResponse {
  return saying(StatusCode.RUNNER_STREAM_END);
}

export function refusal(error: StatusError): MultiRunnerItemResponse {
  return create(MultiRunnerItemResponseSchema, {
    status: { code: error.code, description: error.description, details: error.details },
  });
}

/** A runner that failed may say so in the message alone. */
export function answersOf(message: PostRunnerItemOutputsRequest): MultiOutputResponse[] {
  const answers = message.runnerItemOutputs.flatMap(({ response }) =>
    response.case === 'multiOutputResponse' ? [response.value] : [],
  );
  const { status } = message;
  if (answers.length > 0 || !status || status.code !== StatusCode.RUNNER_PROCESSING_FAILED)
    return answers;
  return [create(MultiOutputResponseSchema, { status })];
}
