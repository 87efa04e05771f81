// Our runner against the server's side of the protocol, over a real connection.
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { createRunnerDispatcher } from '@limpid/server/runners/dispatcher';
import type { RunnerDispatcher, RunnerEvent } from '@limpid/server/runners/dispatcher-types';
import { processRunnerItems } from '@limpid/server/runners/stream';
import {
  create,
  fromBinary,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  type MultiRunnerItemResponse,
  MultiRunnerItemResponseSchema,
  type PostModelOutputsRequest,
  PostModelOutputsRequestSchema,
  type PostRunnerItemOutputsRequest,
  PostRunnerItemOutputsRequestSchema,
  StatusError,
  toBinary,
} from '@limpid/wire';
import { afterEach, expect, test } from 'vitest';
import { type RunnerHandlers, type RunnerState, serveRunner } from './client.ts';

type Call = ServerDuplexStream<PostRunnerItemOutputsRequest, MultiRunnerItemResponse>;
type Serve = (call: Call, signal: AbortSignal) => Promise<void>;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A gRPC server with nothing but ProcessRunnerItems. */
async function listen(serve: Serve, port = 0): Promise<{ port: number; stop(): void }> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.register(
    '/clarifai.api.V2/ProcessRunnerItems',
    (call: Call) => {
      const gone = new AbortController();
      call.on('cancelled', () => gone.abort());
      call.on('error', () => gone.abort());
      void serve(call, gone.signal)
        .catch(() => {})
        .finally(() => call.end());
    },
    (message: MultiRunnerItemResponse) =>
      Buffer.from(toBinary(MultiRunnerItemResponseSchema, message)),
    (bytes: Buffer) => fromBinary(PostRunnerItemOutputsRequestSchema, bytes),
    'bidi',
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, number) =>
      error ? reject(error) : resolve(number),
    );
  });
  const stop = (): void => server.forceShutdown();
  cleanups.push(stop);
  return { port: bound, stop };
}

interface Platform {
  readonly dispatcher: RunnerDispatcher;
  readonly events: RunnerEvent[];
  readonly keys: (string | undefined)[];
  readonly serve: Serve;
}

function createPlatform(identify?: () => Promise<string>): Platform {
  const events: RunnerEvent[] = [];
  const keys: (string | undefined)[] = [];
  let count = 0;
  const dispatcher = createRunnerDispatcher({
    ids: () => `item-${++count}`,
    observe: (event) => events.push(event),
  });
  const serve: Serve = async (call, signal) => {
    keys.push(String(call.metadata.get('authorization')[0]));
    try {
      // The iterator of a Duplex would destroy it, unanswered, when the client has half-closed.
      const requests = call.iterator({ destroyOnReturn: false });
      const responses = processRunnerItems(requests, {
        dispatcher,
        identify: identify ?? (async ({ runnerId }) => runnerId),
        signal,
      });
      for await (const response of responses) call.write(response);
    } catch (error) {
      const { code, description, details } = error as StatusError;
      call.write(create(MultiRunnerItemResponseSchema, { status: { code, description, details } }));
    }
  };
  return { dispatcher, events, keys, serve };
}

interface Started {
  readonly runner: ReturnType<typeof serveRunner>;
  readonly states: RunnerState[];
}

function start(port: number, handlers: RunnerHandlers, inFlight = 4): Started {
  const states: RunnerState[] = [];
  const runner = serveRunner({
    baseUrl: `http://127.0.0.1:${port}`,
    token: 'secret',
    userId: 'u',
    computeClusterId: 'cc',
    nodepoolId: 'np',
    runnerId: 'r',
    replicaId: 'one',
    inFlight,
    handlers,
    backoff: { firstMs: 5, maxMs: 50 },
    onState: (state) => states.push(state),
  });
  cleanups.push(() => runner.close(AbortSignal.abort()));
  return { runner, states };
}

function answer(text: string): MultiOutputResponse {
  return create(MultiOutputResponseSchema, { outputs: [{ id: text }] });
}

function request(text: string): PostModelOutputsRequest {
  return create(PostModelOutputsRequestSchema, { modelId: text });
}

const target = { runnerKeys: ['r'], mayCome: true };

function submit(
  dispatcher: RunnerDispatcher,
  kind: 'unary' | 'generate' | 'stream',
  text: string,
  more: { more?: AsyncIterable<PostModelOutputsRequest>; signal?: AbortSignal } = {},
) {
  const { signal = new AbortController().signal } = more;
  return dispatcher.submit(target, { ...more, kind, request: request(text), signal });
}

async function textsOf(outputs: AsyncIterable<MultiOutputResponse>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { outputs: parts } of outputs) texts.push(parts[0]?.id ?? '');
  return texts;
}

async function* words(...texts: string[]): AsyncIterable<PostModelOutputsRequest> {
  for (const text of texts) yield request(text);
}

const echo: RunnerHandlers = {
  predict: async ({ modelId }) => answer(modelId.toUpperCase()),
  async *generate({ modelId }) {
    for (const letter of modelId) yield answer(letter);
  },
  async *stream(requests) {
    let count = 0;
    for await (const { modelId } of requests) {
      count += 1;
      yield answer(modelId);
    }
    yield answer(`total ${count}`);
  },
};

test('single answers, streamed answers and streamed requests share one connection', async () => {
  const platform = createPlatform();
  const { port } = await listen(platform.serve);
  const { states } = start(port, echo);
  const results = await Promise.all([
    textsOf(submit(platform.dispatcher, 'unary', 'a')),
    textsOf(submit(platform.dispatcher, 'generate', 'xyz')),
    textsOf(submit(platform.dispatcher, 'stream', 'one', { more: words('two', 'three') })),
  ]);
  expect(results).toEqual([['A'], ['x', 'y', 'z'], ['one', 'two', 'three', 'total 3']]);
  expect(states).toEqual([{ type: 'connected' }]);
  expect(platform.keys).toEqual(['Key secret']);
  await expect
    .poll(() => platform.dispatcher.statsOf('r'))
    .toMatchObject({ streams: 1, slots: 4, inFlight: 0 });
});

test('hundreds of requests at once, four at a time', async () => {
  const platform = createPlatform();
  const { port } = await listen(platform.serve);
  let running = 0;
  let most = 0;
  let together = (): void => {};
  const four = new Promise<void>((resolve) => {
    together = resolve;
  });
  start(port, {
    predict: async ({ modelId }) => {
      running += 1;
      most = Math.max(most, running);
      if (most === 4) together();
      await four;
      running -= 1;
      return answer(modelId);
    },
  });
  const signal = new AbortController().signal;
  const texts = Array.from({ length: 500 }, (_, n) => `request ${n}`);
  const answers = await Promise.all(
    texts.map((text, n) =>
      platform.dispatcher.predict(target, {
        request: request(text),
        signal,
        userId: n % 2 === 0 ? 'even' : 'odd',
      }),
    ),
  );
  expect(answers.map(({ outputs }) => outputs[0]?.id)).toEqual(texts);
  expect(most).toBe(4);
});

test('errors become answers: a status keeps its code, anything else is the model’s failure', async () => {
  const platform = createPlatform();
  const { port } = await listen(platform.serve);
  start(port, {
    predict: async ({ modelId }) => {
      if (modelId === 'status') throw new StatusError(30101, { details: 'no images' });
      if (modelId === 'nonsense') return { outputs: 7 } as unknown as MultiOutputResponse;
      throw new Error('division by zero');
    },
    async *generate() {
      yield answer('first');
      throw new Error('in the middle');
    },
  });
  const statusOf = async (kind: 'unary' | 'generate' | 'stream', text: string) => {
    const seen: unknown[] = [];
    for await (const { status, outputs } of submit(platform.dispatcher, kind, text)) {
      seen.push(outputs[0]?.id ?? [status?.code, status?.details]);
    }
    return seen;
  };
  expect(await statusOf('unary', 'status')).toEqual([[30101, 'no images']]);
  expect(await statusOf('unary', 'other')).toEqual([[10020, 'division by zero']]);
  expect(await statusOf('generate', '')).toEqual(['first', [10020, 'in the middle']]);
  expect(await statusOf('stream', '')).toEqual([
    [10040, 'a stream of requests is not implemented'],
  ]);
  expect(await statusOf('unary', 'nonsense')).toMatchObject([[10020, expect.anything()]]);
  expect(platform.dispatcher.statsOf('r').streams).toBe(1);
});

test('a caller who leaves aborts the handler; its slot is free when the handler returns', async () => {
  const platform = createPlatform();
  const { port } = await listen(platform.serve);
  let returned = (): void => {};
  const signals: AbortSignal[] = [];
  start(port, {
    async *generate(_, { signal }) {
      signals.push(signal);
      yield answer('first');
      await new Promise<void>((resolve) => {
        returned = resolve;
      });
      yield answer('nobody sees this');
    },
  });
  const outputs = submit(platform.dispatcher, 'generate', '');
  expect((await outputs.next()).value?.outputs[0]?.id).toBe('first');
  await outputs.return?.();
  await expect.poll(() => signals[0]?.aborted).toBe(true);
  expect(platform.dispatcher.statsOf('r').inFlight).toBe(1);
  returned();
  await expect.poll(() => platform.dispatcher.statsOf('r').inFlight).toBe(0);
});

test('a lost connection comes back, and what nobody has seen yet is done again', async () => {
  const platform = createPlatform();
  const first = await listen(platform.serve);
  let release = (): void => {};
  let runs = 0;
  const { states } = start(first.port, {
    predict: async ({ modelId }) => {
      runs += 1;
      if (runs === 1) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return answer(modelId);
    },
  });
  const result = textsOf(submit(platform.dispatcher, 'unary', 'again'));
  await expect.poll(() => runs).toBe(1);
  first.stop();
  await listen(platform.serve, first.port);
  expect(await result).toEqual(['again']);
  expect(runs).toBe(2);
  // The first handler still runs, so the new stream asked for one slot less.
  expect(platform.dispatcher.statsOf('r').slots).toBe(3);
  release();
  expect(states[0]).toEqual({ type: 'connected' });
  expect(states.at(-1)).toEqual({ type: 'connected' });
  expect(states.filter(({ type }) => type === 'reconnecting').length).toBeGreaterThan(0);
});

test('a platform that refuses the runner for good ends it with the reason', async () => {
  const platform = createPlatform(() => Promise.reject(new StatusError(11008)));
  const { port } = await listen(platform.serve);
  const { runner } = start(port, echo);
  await expect(runner.closed).rejects.toMatchObject({ code: 11008 });
});

test('a platform that is only not ready is asked again', async () => {
  let refusals = 2;
  const platform = createPlatform(async () => {
    refusals -= 1;
    if (refusals >= 0) throw new StatusError(99009);
    return 'r';
  });
  const { port } = await listen(platform.serve);
  const { states } = start(port, echo);
  expect(await textsOf(submit(platform.dispatcher, 'unary', 'x'))).toEqual(['X']);
  expect(states.map(({ type }) => type)).toEqual(['reconnecting', 'reconnecting', 'connected']);
});

test('a server that does not share streams is not fed with half answers', async () => {
  const { port } = await listen(async (call) => {
    call.write(
      create(MultiRunnerItemResponseSchema, {
        status: { code: 10000 },
        runnerItems: [
          { id: 'x', request: { case: 'postModelOutputsRequest', value: request('') } },
        ],
      }),
    );
    for await (const _ of call);
  });
  const { runner } = start(port, echo);
  await expect(runner.closed).rejects.toMatchObject({
    details: 'the platform does not share runner streams',
  });
});

test('closing ends what runs and takes nothing more', async () => {
  const platform = createPlatform();
  const { port } = await listen(platform.serve);
  let release = (): void => {};
  const { runner } = start(port, {
    predict: async ({ modelId }) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return answer(modelId);
    },
  });
  const running = textsOf(submit(platform.dispatcher, 'unary', 'begun'));
  await expect.poll(() => platform.dispatcher.statsOf('r').inFlight).toBe(1);
  const closed = runner.close();
  await expect.poll(() => platform.dispatcher.statsOf('r').slots).toBe(0);
  const late = submit(platform.dispatcher, 'unary', 'late');
  expect(platform.dispatcher.statsOf('r').queued).toBe(1);
  release();
  expect(await running).toEqual(['begun']);
  await closed;
  await runner.closed;
  await expect.poll(() => platform.dispatcher.statsOf('r').streams).toBe(0);
  await late.return?.();
});

test('closing while nobody answers does not wait', async () => {
  const { runner } = start(9, echo);
  await runner.close();
  await runner.closed;
});

test('a base url must say how to connect', async () => {
  const { closed } = serveRunner({
    baseUrl: 'ftp://example.com',
    token: '',
    userId: '',
    computeClusterId: '',
    nodepoolId: '',
    runnerId: '',
    replicaId: '',
    inFlight: 1,
    handlers: {},
  });
  await expect(closed).rejects.toThrow(/http/);
});
