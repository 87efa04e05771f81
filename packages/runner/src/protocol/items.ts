// Runs the items of one stream: handlers in, protocol messages out.
import {
  create,
  internalError,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  notImplemented,
  type PostModelOutputsRequest,
  type RunnerItem,
  RunnerMethodType,
  requestCanceled,
  StatusCode,
  StatusError,
  userCodeFailed,
} from '@limpid/wire';
import { Inbox } from './inbox.ts';

export interface ItemContext {
  readonly itemId: string;
  /** Request id of the caller's request. */
  readonly reqId: string;
  /** The caller's user id, where the platform tells it. */
  readonly userId: string;
  /** Aborted when nobody waits for the outputs any more. */
  readonly signal: AbortSignal;
}

/** What a model does. A StatusError becomes the answer's status, any other error 10020 with its message. */
export interface RunnerHandlers {
  predict?(request: PostModelOutputsRequest, context: ItemContext): Promise<MultiOutputResponse>;
  generate?(
    request: PostModelOutputsRequest,
    context: ItemContext,
  ): AsyncIterable<MultiOutputResponse>;
  stream?(
    requests: AsyncIterable<PostModelOutputsRequest>,
    context: ItemContext,
  ): AsyncIterable<MultiOutputResponse>;
}

export interface Answer {
  readonly itemId: string;
  readonly outputs: readonly MultiOutputResponse[];
  /** Nothing more comes for this item. */
  readonly last: boolean;
}

export interface ItemsOptions {
  readonly handlers: RunnerHandlers;
  /** Resolves when there is room for more; throws for an output that can't be sent. */
  readonly answer: (answer: Answer) => Promise<void>;
  /** An error that is not a StatusError: what the caller sees of it is its message alone. */
  readonly onError?: (error: unknown, context: ItemContext) => void;
}

interface Running {
  readonly abort: AbortController;
  readonly input: Inbox<PostModelOutputsRequest>;
}

export class Items {
  readonly #options: ItemsOptions;
  readonly #running = new Map<string, Running>();
  #onEmpty: (() => void) | undefined;

  constructor(options: ItemsOptions) {
    this.#options = options;
  }

  /** Handlers that have not returned, abandoned ones included. */
  get size(): number {
    return this.#running.size;
  }

  take(item: RunnerItem, reqId: string): void {
    if (item.processingInfo?.status?.code === StatusCode.RUNNER_ITEM_CANCELLED) {
      this.#running.get(item.id)?.abort.abort();
      return;
    }
    if (item.request.case !== 'postModelOutputsRequest') {
      this.#refuse(item);
      return;
    }
    const known = this.#running.get(item.id);
    if (known) known.input.push(item.request.value);
    else this.#start(item, item.request.value, reqId);
  }

  endInput(itemId: string): void {
    this.#running.get(itemId)?.input.close();
  }

  abortAll(): void {
    for (const { abort } of this.#running.values()) abort.abort();
  }

  /** Resolves when no handler runs. */
  empty(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #refuse(item: RunnerItem): void {
    const error = notImplemented(`a runner item with ${item.request.case ?? 'no request'}`);
    void this.#options.answer({ itemId: item.id, outputs: [failure(error)], last: true });
  }

  #start(item: RunnerItem, request: PostModelOutputsRequest, reqId: string): void {
    const running: Running = { abort: new AbortController(), input: new Inbox() };
    running.abort.signal.addEventListener('abort', () => running.input.close(), { once: true });
    running.input.push(request);
    this.#running.set(item.id, running);
    const { signal } = running.abort;
    const context = { itemId: item.id, reqId, userId: item.metadata?.userId ?? '', signal };
    void this.#run(item, running, context);
  }

  async #run(item: RunnerItem, running: Running, context: ItemContext): Promise<void> {
    const { answer } = this.#options;
    const itemId = item.id;
    let last: MultiOutputResponse | undefined;
    try {
      if (isStreamed(item)) {
        for await (const output of this.#stream(item, running, context)) {
          if (context.signal.aborted) break;
          await answer({ itemId, outputs: [output], last: false });
        }
      } else {
        last = await this.#predict(running, context);
      }
    } catch (error) {
      last = this.#failed(error, context);
    }
    this.#running.delete(itemId);
    await this.#close(itemId, context.signal.aborted ? undefined : last, context);
    if (this.#running.size === 0) this.#onEmpty?.();
  }

  async #close(
    itemId: string,
    output: MultiOutputResponse | undefined,
    context: ItemContext,
  ): Promise<void> {
    const { answer } = this.#options;
    try {
      await answer({ itemId, outputs: output ? [output] : [], last: true });
    } catch (error) {
      // What the model returned is no message.
      await answer({ itemId, outputs: [this.#failed(error, context)], last: true });
    }
  }

  async #predict(running: Running, context: ItemContext): Promise<MultiOutputResponse> {
    const { predict } = this.#options.handlers;
    if (!predict) throw notImplemented('a single answer');
    return predict(await firstOf(running), context);
  }

  async *#stream(
    item: RunnerItem,
    running: Running,
    context: ItemContext,
  ): AsyncIterable<MultiOutputResponse> {
    const { generate, stream } = this.#options.handlers;
    if (item.processingInfo?.runnerMethodType === RunnerMethodType.STREAMING_STREAMING) {
      if (!stream) throw notImplemented('a stream of requests');
      yield* stream(running.input, context);
    } else {
      if (!generate) throw notImplemented('a stream of answers');
      yield* generate(await firstOf(running), context);
    }
  }

  #failed(error: unknown, context: ItemContext): MultiOutputResponse {
    if (error instanceof StatusError) return failure(error);
    this.#options.onError?.(error, context);
    return failure(error instanceof Error ? userCodeFailed(error.message) : internalError(error));
  }
}

function failure({ code, description, details }: StatusError): MultiOutputResponse {
  return create(MultiOutputResponseSchema, { status: { code, description, details } });
}

function isStreamed(item: RunnerItem): boolean {
  const type = item.processingInfo?.runnerMethodType;
  return type === RunnerMethodType.UNARY_STREAMING || type === RunnerMethodType.STREAMING_STREAMING;
}

async function firstOf(running: Running): Promise<PostModelOutputsRequest> {
  const { value } = await running.input.next();
  if (!value) throw requestCanceled();
  return value;
}
