// Runners by script and time by hand; imported by tests alone.
import {
  create,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  type MultiRunnerItemResponse,
  type PostModelOutputsRequest,
  PostModelOutputsRequestSchema,
  type PostRunnerItemOutputsRequest,
  PostRunnerItemOutputsRequestSchema,
  type RunnerItem,
  StatusCode,
} from '@limpid/wire';
import { Channel } from './channel.ts';
import { createRunnerDispatcher } from './dispatcher.ts';
import type { RunnerDispatcher, RunnerEvent } from './dispatcher-types.ts';
import type { RunnerLimits, Timers } from './protocol.ts';
import { processRunnerItems } from './stream.ts';

export class ManualTimers implements Timers {
  #now = 0;
  readonly #due = new Set<{ readonly at: number; run(): void }>();

  now(): number {
    return this.#now;
  }

  get pending(): number {
    return this.#due.size;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }

  /** Runs what is due, in order, and lets everything settle. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#due].sort((a, b) => a.at - b.at).find(({ at }) => at <= end);
      if (!next) break;
      this.#due.delete(next);
      this.#now = next.at;
      next.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Long enough for promises and the checks that wait for a turn of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export interface Rig {
  readonly dispatcher: RunnerDispatcher;
  readonly timers: ManualTimers;
  readonly events: RunnerEvent[];
  readonly limits: Partial<RunnerLimits>;
}

export function createRig(given: Partial<RunnerLimits> = {}): Rig {
  const limits = { retryDelayMs: 0, ...given };
  const timers = new ManualTimers();
  const events: RunnerEvent[] = [];
  let count = 0;
  const dispatcher = createRunnerDispatcher({
    ids: () => {
      count += 1;
      return `item-${count}`;
    },
    timers,
    limits,
    observe: (event) => events.push(event),
  });
  return { dispatcher, timers, events, limits };
}

export function request(text = ''): PostModelOutputsRequest {
  return create(PostModelOutputsRequestSchema, { modelId: text });
}

export function answer(text: string): MultiOutputResponse {
  return create(MultiOutputResponseSchema, {
    status: { code: StatusCode.SUCCESS },
    outputs: [{ id: text }],
  });
}

export function textOf(response: MultiOutputResponse | undefined): string | undefined {
  return response?.outputs[0]?.id;
}

export interface ScriptOptions {
  readonly runnerId?: string;
  readonly replicaId?: string;
  /** A shared stream. */
  readonly inFlight?: number;
  readonly control?: boolean;
  readonly first?: PostRunnerItemOutputsRequest;
}

/** One stream of a runner that does what the test says. */
export class ScriptedStream {
  readonly #requests = new Channel<PostRunnerItemOutputsRequest>();
  readonly #gone = new AbortController();
  readonly #timers: ManualTimers;
  readonly received: MultiRunnerItemResponse[] = [];
  /** What ended the server's side: `end`, or the error. */
  ended: unknown;

  constructor(rig: Rig, options: ScriptOptions = {}) {
    this.#timers = rig.timers;
    this.#requests.push(options.first ?? startMessage(options));
    const responses = processRunnerItems(this.#requests, {
      dispatcher: rig.dispatcher,
      identify: async ({ runnerId }) => runnerId,
      signal: this.#gone.signal,
      timers: rig.timers,
      limits: rig.limits,
    });
    void this.#receive(responses);
  }

  async #receive(responses: AsyncIterable<MultiRunnerItemResponse>): Promise<void> {
    try {
      for await (const response of responses) this.received.push(response);
      this.ended = 'end';
    } catch (error) {
      this.ended = error;
    }
    // A transport closes the requests when the call is over.
    this.#requests.close();
  }

  /** Codes of everything that came, for a first look. */
  get codes(): (number | undefined)[] {
    return this.received.map(({ status }) => status?.code);
  }

  get items(): RunnerItem[] {
    return this.received.flatMap(({ runnerItems }) => runnerItems);
  }

  /** The work items, without cancellations and ends. */
  get work(): RunnerItem[] {
    return this.items.filter((item) => item.request.case === 'postModelOutputsRequest');
  }

  /** Model ids of the requests that came, see `request`. */
  get texts(): string[] {
    return this.work.map(({ request: { value } }) => (value as PostModelOutputsRequest).modelId);
  }

  itemId(index = 0): string {
    return this.work[index]?.id ?? '';
  }

  output(text: string, itemId = this.itemId()): Promise<void> {
    return this.say(StatusCode.SUCCESS, itemId, answer(text));
  }

  async say(code: StatusCode, itemId: string, ...outputs: MultiOutputResponse[]): Promise<void> {
    this.#requests.push(
      create(PostRunnerItemOutputsRequestSchema, {
        runnerItemId: itemId,
        status: { code },
        runnerItemOutputs: outputs.map((value) => ({
          response: { case: 'multiOutputResponse' as const, value },
        })),
      }),
    );
    await settle();
  }

  async halfClose(): Promise<void> {
    this.#requests.close();
    await settle();
  }

  /** The connection breaks: `how` the transport shows it first. */
  async break(how: 'error' | 'end' = 'error'): Promise<void> {
    if (how === 'end') {
      this.#requests.close();
      for (let n = 0; n < 10; n += 1) await Promise.resolve();
    } else this.#requests.fail(new Error('connection reset'));
    this.#gone.abort();
    await settle();
    await this.#timers.advance(0);
  }

  get unread(): number {
    return this.#requests.size;
  }
}

export async function open(rig: Rig, options: ScriptOptions = {}): Promise<ScriptedStream> {
  const stream = new ScriptedStream(rig, options);
  await settle();
  return stream;
}

export function startMessage(options: ScriptOptions): PostRunnerItemOutputsRequest {
  const { runnerId = 'r', replicaId = 'replica', inFlight, control } = options;
  return create(PostRunnerItemOutputsRequestSchema, {
    runnerId: control ? `control-${runnerId}` : runnerId,
    runnerReplicaId: replicaId,
    status: {
      code: StatusCode.RUNNER_STREAM_START,
      details: inFlight === undefined ? '' : `in_flight=${inFlight}`,
    },
  });
}

/** A caller: what it has got so far, and how it ended. */
export class Caller {
  readonly got: (string | undefined)[] = [];
  ended: 'open' | 'end' | { readonly code: number; readonly details: string } = 'open';
  readonly #gone: AbortController;

  constructor(
    rig: Rig,
    options: {
      readonly kind?: 'unary' | 'generate' | 'stream';
      readonly text?: string;
      readonly keys?: readonly string[];
      readonly mayCome?: boolean;
      readonly userId?: string;
      readonly more?: AsyncIterable<PostModelOutputsRequest>;
      readonly read?: boolean;
    } = {},
  ) {
    this.#gone = new AbortController();
    const { kind = 'unary', keys = ['r'], mayCome = true, userId = '', more } = options;
    const outputs = rig.dispatcher.submit(
      { runnerKeys: keys, mayCome },
      {
        kind,
        request: request(options.text),
        signal: this.#gone.signal,
        userId,
        ...(more ? { more } : {}),
      },
    );
    if (options.read !== false) void this.#read(outputs);
  }

  async #read(outputs: AsyncIterable<MultiOutputResponse>): Promise<void> {
    try {
      for await (const output of outputs) this.got.push(textOf(output));
      this.ended = 'end';
    } catch (error) {
      const { code, details } = error as { code: number; details: string };
      this.ended = { code, details };
    }
  }

  async leave(): Promise<void> {
    this.#gone.abort();
    await settle();
  }

  get code(): number | undefined {
    return typeof this.ended === 'object' ? this.ended.code : undefined;
  }
}

export async function call(
  rig: Rig,
  options: ConstructorParameters<typeof Caller>[1] = {},
): Promise<Caller> {
  const caller = new Caller(rig, options);
  await settle();
  return caller;
}
