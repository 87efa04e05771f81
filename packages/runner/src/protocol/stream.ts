// One stream of a runner: says who it is, runs what comes, until either side has enough.
import {
  create,
  type MultiRunnerItemResponse,
  type PostRunnerItemOutputsRequest,
  PostRunnerItemOutputsRequestSchema,
  StatusCode,
  StatusError,
  statusInfo,
} from '@limpid/wire';
import { type Dial, dial, type RunnerConnection } from './connection.ts';
import { type Answer, type ItemContext, Items, type RunnerHandlers } from './items.ts';

export interface RunnerStreamOptions extends Dial {
  readonly userId: string;
  readonly computeClusterId: string;
  readonly nodepoolId: string;
  readonly runnerId: string;
  /** One per process. */
  readonly replicaId: string;
  /** Items at a time. */
  readonly inFlight: number;
  readonly handlers: RunnerHandlers;
  /** An error of a handler that is not a StatusError. */
  readonly onError?: (error: unknown, context: ItemContext) => void;
  readonly connect?: (options: Dial) => RunnerConnection;
}

export class RunnerStream {
  readonly items: Items;
  readonly #options: RunnerStreamOptions;
  readonly #connection: RunnerConnection;
  readonly #onStarted: () => void;
  #started = false;

  constructor(options: RunnerStreamOptions, onStarted: () => void) {
    this.#options = options;
    this.#onStarted = onStarted;
    this.#connection = (options.connect ?? dial)(options);
    this.items = new Items({
      handlers: options.handlers,
      answer: (answer) => this.#answer(answer),
      ...(options.onError ? { onError: options.onError } : {}),
    });
  }

  /** Returns why the stream ended, undefined when the platform asked for a new one. */
  async serve(): Promise<unknown> {
    const connection = this.#connection;
    try {
      await connection.send(this.#start());
      for await (const message of connection.incoming) {
        if (this.#receive(message) === 'retry') return undefined;
      }
      return new Error('the platform ended the stream');
    } catch (error) {
      return error;
    } finally {
      this.items.abortAll();
      connection.close();
    }
  }

  /** Asks for nothing more; the stream ends when what was taken is done. */
  async retire(): Promise<void> {
    await this.#connection.send(this.#message(StatusCode.RUNNER_STREAM_END));
  }

  hangUp(): void {
    this.items.abortAll();
    this.#connection.close();
  }

  #receive(message: MultiRunnerItemResponse): 'retry' | 'go on' {
    const { status, runnerItems } = message;
    const code = status?.code ?? StatusCode.ZERO;
    if (code === StatusCode.RUNNER_NEEDS_RETRY) return 'retry';
    if (code === StatusCode.RUNNER_STREAM_START) {
      this.#started = true;
      this.#onStarted();
    } else if (code === StatusCode.RUNNER_STREAM_END) {
      for (const { id } of runnerItems) this.items.endInput(id);
      if (runnerItems.length === 0) void this.#finish();
    } else if (code === StatusCode.SUCCESS || code === StatusCode.RUNNER_ITEM_CANCELLED) {
      if (!this.#started)
        throw new StatusError(StatusCode.RUNNER_INVALID_REQUEST, {
          details: 'the platform does not share runner streams',
        });
      for (const item of runnerItems) this.items.take(item, status?.reqId ?? '');
    } else {
      const { description = '', details = '' } = status ?? {};
      throw new StatusError(code, { description, details });
    }
    return 'go on';
  }

  async #finish(): Promise<void> {
    await this.items.empty();
    this.#connection.halfClose();
  }

  async #answer({ itemId, outputs, last }: Answer): Promise<void> {
    const message = this.#message(last ? StatusCode.RUNNER_STREAM_END : StatusCode.SUCCESS);
    message.runnerItemId = itemId;
    message.runnerItemOutputs = outputs.map((value) => ({
      $typeName: 'clarifai.api.RunnerItemOutput',
      response: { case: 'multiOutputResponse', value },
    }));
    await this.#connection.send(message);
  }

  #start(): PostRunnerItemOutputsRequest {
    const { inFlight, userId, computeClusterId, nodepoolId, runnerId, replicaId } = this.#options;
    const code = StatusCode.RUNNER_STREAM_START;
    return create(PostRunnerItemOutputsRequestSchema, {
      userAppId: { userId },
      computeClusterId,
      nodepoolId,
      runnerId,
      runnerReplicaId: replicaId,
      status: { code, description: statusInfo(code).description, details: `in_flight=${inFlight}` },
    });
  }

  #message(code: StatusCode): PostRunnerItemOutputsRequest {
    return create(PostRunnerItemOutputsRequestSchema, {
      runnerId: this.#options.runnerId,
      status: { code, description: statusInfo(code).description },
    });
  }
}
