// Requests to runners: finds a slot, waits for one, relays outputs, survives the loss of a stream once.
// The rules stand in protocol.ts.
import {
  type MultiOutputResponse,
  modelBusy,
  modelDeploying,
  requestCanceled,
  StatusCode,
  StatusError,
} from '@limpid/wire';
import type {
  Attachment,
  RunnerDispatcher,
  RunnerDispatcherOptions,
  RunnerEvent,
  RunnerStats,
  Target,
} from './dispatcher-types.ts';
import { Item, type Work } from './item.ts';
import { defaultRunnerLimits, type RunnerLimits, systemTimers, type Timers } from './protocol.ts';
import { type CloseReason, type ControlLine, type Line, Runner, type Seat } from './runner.ts';

export function createRunnerDispatcher(options: RunnerDispatcherOptions): RunnerDispatcher {
  return new Dispatcher(options);
}

class Dispatcher implements RunnerDispatcher {
  readonly #runners = new Map<string, Runner>();
  readonly #live = new Set<Item>();
  readonly #ids: () => string;
  readonly #timers: Timers;
  readonly #limits: RunnerLimits;
  readonly #observe: (event: RunnerEvent) => void;
  #draining: (() => void) | undefined;

  constructor(options: RunnerDispatcherOptions) {
    this.#ids = options.ids;
    this.#timers = options.timers ?? systemTimers;
    this.#limits = { ...defaultRunnerLimits, ...options.limits };
    this.#observe = options.observe ?? (() => {});
  }

  async predict(target: Target, work: Omit<Work, 'kind' | 'more'>): Promise<MultiOutputResponse> {
    const outputs = this.submit(target, { ...work, kind: 'unary' });
    const first = await outputs.next();
    // A unary item fails when its runner ends it without an answer.
    if (first.done) throw new StatusError(StatusCode.RUNNER_PROCESSING_FAILED);
    return first.value;
  }

  submit(target: Target, work: Work): AsyncIterableIterator<MultiOutputResponse, undefined> {
    const item = new Item(this.#ids(), work, target.runnerKeys, (left) => this.#abandon(left));
    item.runners = this.#runnersOf(item);
    const error = this.#refusal(target, item);
    if (error) {
      this.#refuse(item, error);
    } else {
      this.#live.add(item);
      this.#seek(item, 'back');
    }
    return item.outputs;
  }

  /** Why the item can't even wait. */
  #refusal(target: Target, item: Item): StatusError | undefined {
    if (item.work.signal.aborted) return requestCanceled();
    if (this.#draining) return modelBusy();
    if (!item.runners.some((runner) => runner.connected)) {
      if (!target.mayCome) return new StatusError(StatusCode.MODEL_NOT_DEPLOYED);
      if (item.runners.length === 0) return modelDeploying();
    }
    const free = item.runners.some((runner) => runner.freeSeat(item.kind));
    const room = item.runners.some((runner) => runner.hasRoomFor(item.userId, this.#limits));
    return free || room ? undefined : modelBusy();
  }

  #refuse(item: Item, error: StatusError): void {
    this.#observe({ type: 'refused', code: error.code, runnerKeys: item.runnerKeys });
    this.#end(item, error);
  }

  /** Gives the item a slot, or a place in every queue that has one. */
  #seek(item: Item, where: 'front' | 'back'): void {
    item.waitingSince = this.#timers.now();
    for (const runner of item.runners) {
      const seat = runner.freeSeat(item.kind);
      if (!seat) continue;
      this.#place(item, seat);
      return;
    }
    for (const runner of item.runners) {
      if (where === 'front') runner.queue.pushFront(item);
      else if (runner.hasRoomFor(item.userId, this.#limits)) runner.queue.push(item.userId, item);
    }
    this.#wait(item, this.#limits.holdMs);
  }

  #wait(item: Item, ms: number): void {
    item.release = this.#timers.after(ms, () => {
      const left = item.waitingSince + this.#limits.queueMs - this.#timers.now();
      const connected = item.runners.some((runner) => runner.connected);
      if (connected && left > 0) this.#wait(item, left);
      else this.#refuse(item, connected ? modelBusy() : modelDeploying());
    });
  }

  #place(item: Item, seat: Seat): void {
    this.#leaveQueues(item);
    item.release();
    item.state = 'running';
    item.seat = seat;
    item.attempts += 1;
    item.startedAt = this.#timers.now();
    seat.runner.take(seat, item);
    item.release = this.#timers.after(this.#limits.itemMs, () => this.#timeOut(item));
    const waitedMs = item.startedAt - item.waitingSince;
    this.#observe({ type: 'started', runnerKey: seat.runner.key, kind: item.kind, waitedMs });
    item.work.onStart?.(seat.runner.key);
    seat.line.start(item);
    if (item.inputEnded) seat.line.endInput(item.id);
    if (item.kind === 'stream' && item.attempts === 1) this.#startPump(item);
    item.wakePump();
  }

  #startPump(item: Item): void {
    item.pump().catch((error: unknown) => {
      this.#stop(item, error, 'cancelled');
    });
  }

  #timeOut(item: Item): void {
    const seconds = Math.round(this.#limits.itemMs / 1000);
    const error = new StatusError(StatusCode.RUNNER_PROCESSING_FAILED, {
      details: `the model did not finish within ${seconds} s`,
    });
    this.#stop(item, error, 'timed-out');
  }

  #abandon(item: Item): void {
    this.#stop(item, requestCanceled(), 'cancelled');
  }

  /** Ends an item from the caller's side, and tells the runner where it is at work. */
  #stop(item: Item, error: unknown, outcome: 'cancelled' | 'timed-out'): void {
    if (item.state === 'over') return;
    const { seat } = item;
    const running = item.state === 'running';
    if (running) this.#report(item, outcome);
    this.#end(item, error);
    if (!running || !seat) return;
    for (const control of seat.runner.controls) {
      if (control.replicaId === seat.line.replicaId) control.cancel(item.id);
    }
    seat.line.cancel(item.id);
  }

  /** The caller gets nothing more. What the runner still computes keeps its slot. */
  #end(item: Item, error?: unknown): void {
    this.#leaveQueues(item);
    item.release();
    item.unlisten();
    item.state = 'over';
    item.wakePump();
    if (error === undefined) item.outputs.close();
    else item.outputs.fail(error);
    this.#live.delete(item);
    for (const runner of item.runners) this.#forgetIfIdle(runner);
    this.#settleDrain();
  }

  #report(item: Item, outcome: (RunnerEvent & { type: 'ended' })['outcome']): void {
    this.#observe({
      type: 'ended',
      runnerKey: item.seat?.runner.key ?? '',
      kind: item.kind,
      ranMs: this.#timers.now() - item.startedAt,
      outputs: item.relayed,
      outcome,
    });
  }

  #leaveQueues(item: Item): void {
    if (item.state !== 'waiting') return;
    for (const runner of item.runners) runner.queue.remove(item.userId, item);
  }

  attach(line: Line): Attachment {
    const runner = this.#runnerOf(line.runnerKey);
    const first = !runner.connected;
    const seat = runner.add(line);
    if (first) this.#observe({ type: 'connected', runnerKey: runner.key });
    this.#fill(seat);
    return {
      output: (itemId, response) => this.#output(seat, itemId, response),
      finish: (itemId) => this.#finish(seat, itemId),
      retire: () => runner.retire(seat),
      detach: () => {
        if (!seat.open || seat.items.size > 0) return false;
        this.#remove(seat);
        return true;
      },
      lost: () => this.#lost(seat),
    };
  }

  #fill(seat: Seat): void {
    while (seat.open && !seat.retired && seat.items.size < seat.line.slots) {
      const item = seat.runner.queue.take((waiting) => seat.line.accepts(waiting.kind));
      if (!item) return;
      this.#place(item, seat);
    }
  }

  #output(
    seat: Seat,
    itemId: string,
    response: MultiOutputResponse,
  ): Promise<void> | 'unknown' | undefined {
    const item = seat.items.get(itemId);
    if (!item) return 'unknown';
    if (item.state !== 'running') return undefined;
    item.relayed += 1;
    item.outputs.push(response);
    if (item.kind === 'unary') this.#answer(item);
    if (seat.line.slots === 1) return item.outputs.room(this.#limits.bufferedOutputs);
    if (item.outputs.size > this.#limits.maxBufferedOutputs) this.#overflow(item);
    return undefined;
  }

  #overflow(item: Item): void {
    const error = new StatusError(StatusCode.RUNNER_PROCESSING_FAILED, {
      details: 'the outputs were read too slowly',
    });
    this.#stop(item, error, 'cancelled');
  }

  #answer(item: Item): void {
    this.#report(item, 'answered');
    this.#end(item);
  }

  #finish(seat: Seat, itemId: string): void {
    const item = seat.items.get(itemId);
    if (!item) return;
    if (item.state === 'running') {
      const silent = item.kind === 'unary' && item.relayed === 0;
      if (silent) this.#fail(item, 'the runner ended the request without an answer');
      else this.#answer(item);
    }
    seat.runner.give(seat, itemId);
    this.#fill(seat);
  }

  #fail(item: Item, details: string): void {
    this.#report(item, 'lost');
    this.#end(item, new StatusError(StatusCode.RUNNER_PROCESSING_FAILED, { details }));
  }

  #lost(seat: Seat): void {
    if (!seat.open) return;
    this.#remove(seat);
    const items = [...seat.items.values()];
    // Whatever the line still says of them comes too late.
    seat.items.clear();
    for (const item of items) {
      if (item.state === 'running') this.#runAgain(item);
    }
  }

  #runAgain(item: Item): void {
    if (!item.canRunAgain || item.attempts >= this.#limits.attempts) {
      this.#fail(item, 'the connection to the runner was lost');
      return;
    }
    this.#report(item, 'retried');
    item.release();
    item.state = 'waiting';
    item.seat = undefined;
    // The official runner never runs an id again that it has seen fail.
    item.id = this.#ids();
    item.release = this.#timers.after(this.#limits.retryDelayMs, () => {
      item.runners = this.#runnersOf(item);
      this.#seek(item, 'front');
    });
  }

  #remove(seat: Seat): void {
    const { runner } = seat;
    runner.remove(seat);
    if (!runner.connected) this.#observe({ type: 'disconnected', runnerKey: runner.key });
    this.#forgetIfIdle(runner);
  }

  attachControl(line: ControlLine): () => void {
    const runner = this.#runnerOf(line.runnerKey);
    runner.controls.add(line);
    return () => {
      runner.controls.delete(line);
      this.#forgetIfIdle(runner);
    };
  }

  #runnersOf(item: Item): Runner[] {
    return item.runnerKeys.map((key) => this.#runnerOf(key));
  }

  #runnerOf(key: string): Runner {
    let runner = this.#runners.get(key);
    if (!runner) {
      runner = new Runner(key);
      this.#runners.set(key, runner);
    }
    return runner;
  }

  #forgetIfIdle(runner: Runner): void {
    if (runner.idle && this.#runners.get(runner.key) === runner) this.#runners.delete(runner.key);
  }

  stats(): RunnerStats[] {
    return [...this.#runners.values()].map(statsOf);
  }

  statsOf(runnerKey: string): RunnerStats {
    return statsOf(this.#runners.get(runnerKey) ?? new Runner(runnerKey));
  }

  disconnect(runnerKey: string): void {
    const runner = this.#runners.get(runnerKey);
    if (runner) this.#close(runner, 'gone');
  }

  #close(runner: Runner, reason: CloseReason): void {
    for (const control of [...runner.controls]) control.close(reason);
    for (const seat of runner.seats()) {
      seat.line.close(reason);
      this.#lost(seat);
    }
  }

  async drain(signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#draining = resolve;
      signal?.addEventListener('abort', () => resolve(), { once: true });
      if (signal?.aborted) resolve();
      this.#settleDrain();
    });
    for (const item of [...this.#live]) this.#stop(item, modelBusy(), 'cancelled');
    for (const runner of [...this.#runners.values()]) this.#close(runner, 'retry');
  }

  #settleDrain(): void {
    if (this.#live.size === 0) this.#draining?.();
  }
}

function statsOf(runner: Runner): RunnerStats {
  const { key, replicas, streams, slots, inFlight, queue } = runner;
  return { runnerKey: key, replicas, streams, slots, inFlight, queued: queue.size };
}
