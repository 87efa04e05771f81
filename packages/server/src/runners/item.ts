// One request on its way through a runner.
import type { MultiOutputResponse, PostModelOutputsRequest } from '@limpid/wire';
import { Channel } from './channel.ts';
import type { RunnerRequest, WorkKind } from './protocol.ts';
import type { Runner, Seat } from './runner.ts';

/** What a caller asks for. */
export interface Work {
  readonly kind: WorkKind;
  /** The request, or the first one of a stream. */
  readonly request: PostModelOutputsRequest;
  /** The rest of a stream's requests; only with kind `stream`. */
  readonly more?: AsyncIterable<PostModelOutputsRequest>;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  readonly reqId?: string;
  /** The calling user: told to the runner, and a group of its own in the queue. */
  readonly userId?: string;
  /** Told when a runner gets it, at each attempt. */
  readonly onStart?: (runnerKey: string) => void;
}

/** `over`: the caller gets nothing more; the runner may still be at work. */
export type ItemState = 'waiting' | 'running' | 'over';

export class Item implements RunnerRequest {
  /** A new one for each attempt. */
  id: string;
  readonly kind: WorkKind;
  readonly request: PostModelOutputsRequest;
  readonly reqId: string;
  readonly userId: string;
  readonly work: Work;
  readonly runnerKeys: readonly string[];
  readonly outputs: Channel<MultiOutputResponse>;

  state: ItemState = 'waiting';
  attempts = 0;
  relayed = 0;
  /** Requests after the first that a runner has got; they can't be asked for again. */
  sentMore = 0;
  inputEnded = false;
  waitingSince = 0;
  startedAt = 0;
  /** Where it waits. Looked up anew for each attempt: an idle runner's entry may be dropped in between. */
  runners: readonly Runner[] = [];
  seat: Seat | undefined;
  /** Undoes the timer of the present state. */
  release: () => void = () => {};
  readonly #onLeave: () => void;
  #placed: (() => void)[] = [];

  /** `onLeave` runs when the caller has gone, once or more. */
  constructor(
    id: string,
    work: Work,
    runnerKeys: readonly string[],
    onLeave: (item: Item) => void,
  ) {
    this.id = id;
    this.kind = work.kind;
    this.request = work.request;
    this.reqId = work.reqId ?? '';
    this.userId = work.userId ?? '';
    this.work = work;
    this.runnerKeys = runnerKeys;
    this.#onLeave = () => onLeave(this);
    this.outputs = new Channel(this.#onLeave);
    work.signal.addEventListener('abort', this.#onLeave, { once: true });
  }

  /** Lets go of the caller's signal, which may live far longer than the item. */
  unlisten(): void {
    this.work.signal.removeEventListener('abort', this.#onLeave);
  }

  get canRunAgain(): boolean {
    return this.state === 'running' && this.relayed === 0 && this.sentMore === 0;
  }

  /** To be called after each change of `state` to or from `running`. */
  wakePump(): void {
    if (this.state === 'waiting') return;
    for (const wake of this.#placed.splice(0)) wake();
  }

  /** Feeds the rest of a stream's requests to whichever line runs the item. Rejects with the caller's own failure. */
  async pump(): Promise<void> {
    for await (const request of this.work.more ?? []) {
      if (!(await this.#running())) return;
      this.sentMore += 1;
      await this.seat?.line.send({ ...this.#bare(), request });
    }
    this.inputEnded = true;
    if (await this.#running()) this.seat?.line.endInput(this.id);
  }

  async #running(): Promise<boolean> {
    while (this.state === 'waiting') await new Promise<void>((wake) => this.#placed.push(wake));
    return this.state === 'running';
  }

  #bare(): Omit<RunnerRequest, 'request'> {
    return { id: this.id, kind: this.kind, reqId: this.reqId, userId: this.userId };
  }
}
