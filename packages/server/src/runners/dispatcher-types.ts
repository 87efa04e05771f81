import type { MultiOutputResponse } from '@limpid/wire';
import type { Work } from './item.ts';
import type { RunnerLimits, Timers, WorkKind } from './protocol.ts';
import type { ControlLine, Line } from './runner.ts';

export interface Target {
  /** Runners that may serve the request, the preferred one first. */
  readonly runnerKeys: readonly string[];
  /** Whether a runner can be expected that is not connected now; only then is a caller told to come back. */
  readonly mayCome: boolean;
}

export interface RunnerStats {
  readonly runnerKey: string;
  readonly replicas: number;
  readonly streams: number;
  readonly slots: number;
  readonly inFlight: number;
  readonly queued: number;
}

export type RunnerEvent =
  | { readonly type: 'connected' | 'disconnected'; readonly runnerKey: string }
  | {
      readonly type: 'started';
      readonly runnerKey: string;
      readonly kind: WorkKind;
      readonly waitedMs: number;
    }
  | {
      readonly type: 'ended';
      readonly runnerKey: string;
      readonly kind: WorkKind;
      readonly ranMs: number;
      readonly outputs: number;
      readonly outcome: 'answered' | 'cancelled' | 'lost' | 'retried' | 'timed-out';
    }
  | { readonly type: 'refused'; readonly code: number; readonly runnerKeys: readonly string[] };

/** How a line tells what its runner said. */
export interface Attachment {
  /**
   * One answer of an item. `unknown` when the runner was never given it; a promise when the caller reads slowly and the
   * line should wait.
   */
  output(itemId: string, response: MultiOutputResponse): Promise<void> | 'unknown' | undefined;
  /** The runner has ended the item; its slot is free. */
  finish(itemId: string): void;
  /** The line gets nothing new; what runs on it ends as ever. */
  retire(): void;
  /** Takes an idle line out of the registry; false when something runs on it. */
  detach(): boolean;
  /** The line broke. Harmless when it is repeated or nothing runs. */
  lost(): void;
}

export interface RunnerDispatcher {
  /** One answer. */
  predict(target: Target, work: Omit<Work, 'kind' | 'more'>): Promise<MultiOutputResponse>;
  /** Answers in order; refusals are thrown by the first `next()`. */
  submit(target: Target, work: Work): AsyncIterableIterator<MultiOutputResponse, undefined>;
  attach(line: Line): Attachment;
  /** Returns what removes it again. */
  attachControl(line: ControlLine): () => void;
  stats(): RunnerStats[];
  statsOf(runnerKey: string): RunnerStats;
  /** Ends every stream of a runner that was deleted or may not serve any more. */
  disconnect(runnerKey: string): void;
  /** Refuses new work and resolves when the old is done, or when `signal` gives up on it; then all lines are ended. */
  drain(signal?: AbortSignal): Promise<void>;
}

export interface RunnerDispatcherOptions {
  readonly ids: () => string;
  readonly timers?: Timers;
  readonly limits?: Partial<RunnerLimits>;
  /** Every event once; must not throw. */
  readonly observe?: (event: RunnerEvent) => void;
}
