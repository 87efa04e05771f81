// Our own runner's side of ProcessRunnerItems: one shared stream with many items, kept open for ever.
// The protocol is described in docs/runner-protocol.md.
import { StatusError, statusInfo } from '@limpid/wire';
import type { Items } from './items.ts';
import { RunnerStream, type RunnerStreamOptions } from './stream.ts';

export type { ItemContext, RunnerHandlers } from './items.ts';

export type RunnerState =
  | { readonly type: 'connected' }
  /** `error` is why the last stream ended, undefined when the platform asked for a new one. */
  | { readonly type: 'reconnecting'; readonly afterMs: number; readonly error?: unknown };

export interface ServeRunnerOptions extends RunnerStreamOptions {
  readonly onState?: (state: RunnerState) => void;
  readonly backoff?: Partial<Backoff>;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface ServedRunner {
  /** Resolves after `close`; rejects with a StatusError when the platform will never take this runner. */
  readonly closed: Promise<void>;
  /** Takes nothing new, ends what runs, hangs up. With an aborted `signal` it hangs up at once. */
  close(signal?: AbortSignal): Promise<void>;
}

const defaultBackoff: Backoff = { firstMs: 200, maxMs: 10_000 };

export function serveRunner(options: ServeRunnerOptions): ServedRunner {
  const runner = new ConnectedRunner(options);
  return { closed: runner.closed, close: (signal) => runner.close(signal) };
}

class ConnectedRunner {
  readonly closed: Promise<void>;
  readonly #options: ServeRunnerOptions;
  readonly #backoff: Backoff;
  #stream: RunnerStream | undefined;
  /** Handlers of lost streams that have not returned yet; they still use their share. */
  readonly #abandoned = new Set<Items>();
  #closing = false;
  #failures = 0;
  #wake: () => void = () => {};

  constructor(options: ServeRunnerOptions) {
    this.#options = options;
    this.#backoff = { ...defaultBackoff, ...options.backoff };
    this.closed = this.#serve();
    // Whoever does not look at `closed` must not be ended by it.
    this.closed.catch(() => {});
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.#closing = true;
    this.#wake();
    const hangUp = (): void => this.#stream?.hangUp();
    signal?.addEventListener('abort', hangUp, { once: true });
    if (signal?.aborted) hangUp();
    else await this.#stream?.retire();
    await this.closed.catch(() => {});
    signal?.removeEventListener('abort', hangUp);
  }

  async #serve(): Promise<void> {
    while (!this.#closing) {
      const error = await this.#serveOnce();
      if (this.#closing) return;
      if (error instanceof StatusError && isFinal(error)) throw error;
      const afterMs = error === undefined ? 0 : this.#delay();
      this.#options.onState?.({
        type: 'reconnecting',
        afterMs,
        ...(error === undefined ? {} : { error }),
      });
      if (afterMs > 0) await this.#sleep(afterMs);
    }
  }

  /** One stream from start to end. Returns why it ended, undefined when it may be opened again at once. */
  async #serveOnce(): Promise<unknown> {
    const busy = [...this.#abandoned].reduce((total, items) => total + items.size, 0);
    const inFlight = Math.max(1, this.#options.inFlight - busy);
    const stream = new RunnerStream({ ...this.#options, inFlight }, () => this.#connected());
    this.#stream = stream;
    const error = await stream.serve();
    this.#stream = undefined;
    if (stream.items.size > 0) {
      this.#abandoned.add(stream.items);
      void stream.items.empty().then(() => this.#abandoned.delete(stream.items));
    }
    return error;
  }

  #connected(): void {
    this.#failures = 0;
    this.#options.onState?.({ type: 'connected' });
  }

  #delay(): number {
    const { firstMs, maxMs } = this.#backoff;
    const ceiling = Math.min(maxMs, firstMs * 2 ** this.#failures);
    this.#failures += 1;
    // Half of it at random: runners that lost the same server must not come back in step.
    return ceiling * (0.5 + (this.#options.random ?? Math.random)() / 2);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The caller's own mistake: a wrong token, a deleted runner. Trying again can't help. */
function isFinal(error: StatusError): boolean {
  return statusInfo(error.code).audience === 'caller';
}
