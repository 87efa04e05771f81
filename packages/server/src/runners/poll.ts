// ListRunnerItems and PostRunnerItemOutputs: the older form, one request each way. Only single answers fit into it.
import {
  type MultiRunnerItemResponse,
  notFound,
  type PostRunnerItemOutputsRequest,
} from '@limpid/wire';
import type { Attachment, RunnerDispatcher } from './dispatcher-types.ts';
import {
  answersOf,
  defaultRunnerLimits,
  itemMessage,
  needsRetry,
  type RunnerLimits,
  type RunnerRequest,
  systemTimers,
  type Timers,
} from './protocol.ts';
import { resolvers } from './resolvers.ts';

export interface RunnerPolls {
  /** Waits for one item; without one the runner is told to ask again. */
  poll(runnerKey: string, signal: AbortSignal): Promise<MultiRunnerItemResponse>;
  /** The outputs of an item that this runner was given; throws for any other. */
  deliver(runnerKey: string, message: PostRunnerItemOutputsRequest): void;
}

export interface RunnerPollOptions {
  readonly dispatcher: RunnerDispatcher;
  readonly timers?: Timers;
  readonly limits?: Partial<RunnerLimits>;
}

/** A poll is a line with one slot that lives until its item is delivered. */
export function createRunnerPolls(options: RunnerPollOptions): RunnerPolls {
  const { dispatcher, timers = systemTimers } = options;
  const { pollMs } = { ...defaultRunnerLimits, ...options.limits };
  /** Lines whose item is at work, by runner and item. */
  const given = new Map<string, Attachment>();

  async function poll(runnerKey: string, signal: AbortSignal): Promise<MultiRunnerItemResponse> {
    const { promise, resolve } = resolvers<RunnerRequest | undefined>();
    let itemId = '';
    let dropped = false;
    const drop = (): void => {
      dropped = true;
      given.delete(nameOf(runnerKey, itemId));
      seat.lost();
      resolve(undefined);
    };
    const seat = dispatcher.attach({
      runnerKey,
      replicaId: 'poll',
      slots: 1,
      accepts: (kind) => kind === 'unary',
      start: (item) => {
        itemId = item.id;
        resolve(item);
      },
      send: () => Promise.resolve(),
      endInput: () => {},
      cancel: drop,
      close: drop,
    });
    const cancelTimer = timers.after(pollMs, () => {
      if (seat.detach()) resolve(undefined);
    });
    // Also when the answer with the item could not be delivered: it is lost then, and runs elsewhere.
    signal.addEventListener('abort', drop, { once: true });
    const item = await promise;
    cancelTimer();
    if (!item || dropped) return needsRetry();
    given.set(nameOf(runnerKey, item.id), seat);
    return itemMessage(item);
  }

  return {
    poll,
    deliver: (runnerKey, message) => {
      const seat = given.get(nameOf(runnerKey, message.runnerItemId));
      if (!seat) throw notFound(`runner item '${message.runnerItemId}' is not at work`);
      given.delete(nameOf(runnerKey, message.runnerItemId));
      for (const response of answersOf(message)) void seat.output(message.runnerItemId, response);
      seat.finish(message.runnerItemId);
      seat.lost();
    },
  };
}

function nameOf(runnerKey: string, itemId: string): string {
  return `${runnerKey}/${itemId}`;
}
