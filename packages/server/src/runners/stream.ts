// The server's side of one ProcessRunnerItems call: messages in, messages out, no transport.
import {
  type MultiRunnerItemResponse,
  notFound,
  type PostRunnerItemOutputsRequest,
  requestTimeout,
  StatusCode,
  StatusError,
} from '@limpid/wire';
import { Channel } from './channel.ts';
import type { Attachment, RunnerDispatcher } from './dispatcher-types.ts';
import {
  answersOf,
  cancellation,
  defaultRunnerLimits,
  endOfInput,
  itemMessage,
  needsRetry,
  nothingMore,
  type RunnerLimits,
  type RunnerStart,
  readStart,
  refusal,
  sharedStreamStarted,
  systemTimers,
  type Timers,
} from './protocol.ts';
import type { CloseReason, ControlLine, Line } from './runner.ts';

export interface RunnerStreamOptions {
  readonly dispatcher: RunnerDispatcher;
  /** The key of the runner that the caller may serve; throws a StatusError for any other. */
  readonly identify: (start: RunnerStart) => Promise<string>;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
  readonly timers?: Timers;
  readonly limits?: Partial<RunnerLimits>;
}

type Requests = AsyncIterable<PostRunnerItemOutputsRequest>;
type Responses = Channel<MultiRunnerItemResponse>;

/** Answers every message with a status of its own. Throws a StatusError for a stream that may not start. */
export async function* processRunnerItems(
  requests: Requests,
  options: RunnerStreamOptions,
): AsyncIterable<MultiRunnerItemResponse> {
  const limits = { ...defaultRunnerLimits, ...options.limits };
  const timers = options.timers ?? systemTimers;
  const iterator = requests[Symbol.asyncIterator]();
  const first = await within(limits.startMs, timers, iterator.next());
  if (first.done) return;
  const start = readStart(first.value, limits);
  const runnerKey = await options.identify(start);
  if (options.signal.aborted) return;
  const out: Responses = new Channel();
  const stream = { ...options, start, runnerKey, out, iterator, limits, timers };
  const stop = start.control ? serveControl(stream) : serveWork(stream);
  const onAbort = (): void => stop();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    yield* out;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    stop();
  }
}

interface Stream extends Omit<RunnerStreamOptions, 'timers' | 'limits'> {
  readonly start: RunnerStart;
  readonly runnerKey: string;
  readonly out: Responses;
  readonly iterator: AsyncIterator<PostRunnerItemOutputsRequest>;
  readonly limits: RunnerLimits;
  readonly timers: Timers;
}

async function within<T>(ms: number, timers: Timers, promise: Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = timers.after(ms, () => reject(requestTimeout()));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}

function farewell(out: Responses, reason: CloseReason): void {
  out.push(reason === 'retry' ? needsRetry() : refusal(notFound('the runner was deleted')));
  out.close();
}

function serveControl(stream: Stream): () => void {
  const { out, dispatcher, runnerKey, start } = stream;
  const line: ControlLine = {
    runnerKey,
    replicaId: start.replicaId,
    cancel: (itemId) => out.push(cancellation(itemId)),
    // The official runner reads nothing but items here, and comes back after a second in either case.
    close: () => out.close(),
  };
  const detach = dispatcher.attachControl(line);
  void drainRequests(stream);
  return () => {
    detach();
    out.close();
  };
}

/** A control stream says nothing after its start; its end is all that is waited for. */
async function drainRequests(stream: Stream): Promise<void> {
  try {
    while (!(await stream.iterator.next()).done);
  } catch {
    // A connection that broke ends the stream like any other end.
  }
  stream.out.close();
}

function serveWork(stream: Stream): () => void {
  const { inFlight } = stream.start;
  return inFlight === undefined ? serveOneItem(stream) : serveShared(stream, inFlight);
}

function serveOneItem(stream: Stream): () => void {
  const { out, dispatcher, runnerKey, start, limits, timers } = stream;
  let itemId = '';
  const seat = dispatcher.attach({
    ...lineTo(out),
    runnerKey,
    replicaId: start.replicaId,
    slots: 1,
    start: (item) => {
      itemId = item.id;
      out.push(itemMessage(item));
    },
    cancel: () => {
      out.push(cancellation(itemId));
      // Without its call the official runner notices at the model's next output, even if it has no control stream.
      out.close();
    },
  });
  const stopIdling = timers.after(limits.idleMs, () => {
    if (seat.detach()) farewell(out, 'retry');
  });
  void readOneItem(stream, seat, () => itemId);
  return () => {
    stopIdling();
    seat.lost();
    out.close();
  };
}

function serveShared(stream: Stream, slots: number): () => void {
  const { out, dispatcher, runnerKey, start } = stream;
  out.push(sharedStreamStarted());
  const seat = dispatcher.attach({
    ...lineTo(out),
    runnerKey,
    replicaId: start.replicaId,
    slots,
    start: (item) => out.push(itemMessage(item)),
    cancel: (itemId) => out.push(cancellation(itemId)),
  });
  void readShared(stream, seat);
  return () => {
    seat.lost();
    out.close();
  };
}

/** What both kinds of stream have in common. */
function lineTo(out: Responses): Pick<Line, 'accepts' | 'send' | 'endInput' | 'close'> {
  return {
    accepts: () => true,
    send: async (item) => {
      out.push(itemMessage(item));
      await out.room(1);
    },
    endInput: (itemId) => out.push(endOfInput(itemId)),
    close: (reason) => farewell(out, reason),
  };
}

/** The outputs of the item, until the runner half-closes. The official runner leaves the id out of some failures. */
async function readOneItem(stream: Stream, seat: Attachment, given: () => string): Promise<void> {
  const { iterator, out } = stream;
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const itemId = next.value.runnerItemId || given();
      for (const response of answersOf(next.value)) await checked(seat.output(itemId, response));
    }
    // A broken connection may look like a half close for a moment; by then the item is lost, and this end too late.
    await new Promise((resolve) => setImmediate(resolve));
    seat.retire();
    seat.finish(given());
  } catch {
    // Whatever broke the stream: the item is lost, and its caller hears of it from the dispatcher.
  } finally {
    seat.lost();
    out.close();
  }
}

async function readShared(stream: Stream, seat: Attachment): Promise<void> {
  const { iterator, out } = stream;
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const { runnerItemId: itemId, status } = next.value;
      for (const response of answersOf(next.value)) await checked(seat.output(itemId, response));
      if (status?.code !== StatusCode.RUNNER_STREAM_END) continue;
      if (itemId !== '') seat.finish(itemId);
      else {
        seat.retire();
        out.push(nothingMore());
      }
    }
  } catch (error) {
    if (error instanceof StatusError) out.push(refusal(error));
  } finally {
    seat.lost();
    out.close();
  }
}

/** A runner that answers what it was not asked is not to be trusted with the rest. */
function checked(result: Promise<void> | 'unknown' | undefined): Promise<void> | undefined {
  if (result !== 'unknown') return result;
  throw new StatusError(StatusCode.RUNNER_INVALID_REQUEST, { details: 'unknown runner_item_id' });
}
