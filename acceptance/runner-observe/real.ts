// The official runner against our stream and dispatcher, behind our own transport, nothing scripted.
//
//   npx tsx acceptance/runner-observe/real.ts VENV/bin/clarifai
//
// The venv holds `clarifai`; the runner keeps its state in a temporary home. Ends with exit code 0 when all checks pass.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Dispatcher, Incoming, OpenCall } from '@limpid/server/rpc/dispatch-types';
import { createRunnerDispatcher } from '@limpid/server/runners/dispatcher';
import type {
  RunnerDispatcher,
  RunnerEvent,
  Target,
} from '@limpid/server/runners/dispatcher-types';
import { processRunnerItems } from '@limpid/server/runners/stream';
import { type Listener, listen } from '@limpid/server/transport/index';
import {
  create,
  type Message,
  type MessageInitShape,
  type MultiOutputResponse,
  newHexId,
  type PostModelOutputsRequest,
  PostModelOutputsRequestSchema,
  type PostRunnerItemOutputsRequest,
  StatusCode,
  StatusError,
  statusInfo,
} from '@limpid/wire';
import { createResources } from './resources.ts';

const here = import.meta.dirname;
const [clarifai] = process.argv.slice(2);
if (!clarifai) throw new Error('usage: real.ts VENV/bin/clarifai');
const CONCURRENCY = 4;

// --- the platform: our transport, stream and dispatcher; rows in memory ---

const events: RunnerEvent[] = [];
const resources = createResources();
let runners: RunnerDispatcher;
let listener: Listener;
const runnerKeys = new Set<string>();

async function openPlatform(port = 0): Promise<Listener> {
  runners = createRunnerDispatcher({
    ids: () => newHexId(() => randomBytes(16)),
    observe: (event) => events.push(event),
  });
  const ignore = (): void => undefined;
  const log = { debug: ignore, info: ignore, warn: ignore, error: console.error, child: () => log };
  return listen({ host: '127.0.0.1', port, dispatcher, log });
}

const dispatcher: Dispatcher = { open: async (incoming) => openCall(incoming) };

function openCall(incoming: Incoming): OpenCall {
  const { method } = incoming;
  const reply = (init: object, error?: StatusError): Message => {
    const code = error?.code ?? StatusCode.SUCCESS;
    const status = {
      code,
      description: error?.description ?? statusInfo(code).description,
      details: error?.details ?? '',
      reqId: 'req-real',
    };
    // The answer of each RPC is checked against its descriptor when it is encoded.
    return create(method.desc.output, { status, ...init } as MessageInitShape<
      typeof method.desc.output
    >);
  };
  const refuse = (error: unknown): Message =>
    reply(
      {},
      error instanceof StatusError ? error : new StatusError(99009, { details: String(error) }),
    );
  return {
    reqId: 'req-real',
    authenticated: true,
    budgetKey: 'u',
    refuse,
    unary: async (request) => {
      try {
        return reply(await answerUnary(incoming, request));
      } catch (error) {
        return refuse(error);
      }
    },
    async *stream(requests) {
      try {
        for await (const init of answerStream(incoming, requests)) yield reply(init);
      } catch (error) {
        yield refuse(error);
      }
    },
    finish: () => {},
  };
}

const target = (): Target => ({ runnerKeys: [...runnerKeys], mayCome: true });

async function answerUnary({ method, signal }: Incoming, request: Message): Promise<object> {
  if (method.name !== 'PostModelOutputs') return resources(method.name, request);
  return runners.predict(target(), {
    request: request as PostModelOutputsRequest,
    signal,
    reqId: 'req-real',
  });
}

async function* answerStream(
  incoming: Incoming,
  requests: AsyncIterable<Message>,
): AsyncIterable<object> {
  const { method, signal } = incoming;
  if (method.name === 'ProcessRunnerItems') {
    yield* processRunnerItems(requests as AsyncIterable<PostRunnerItemOutputsRequest>, {
      dispatcher: runners,
      identify: async ({ runnerId }) => {
        resources('GetRunner', create(method.desc.input, { runnerId } as Record<string, unknown>));
        runnerKeys.add(runnerId);
        return runnerId;
      },
      signal,
    });
    return;
  }
  const all = (requests as AsyncIterable<PostModelOutputsRequest>)[Symbol.asyncIterator]();
  const first = await all.next();
  if (first.done) return;
  const more = { [Symbol.asyncIterator]: () => all };
  const work = { request: first.value, signal, reqId: 'req-real' };
  if (method.name === 'GenerateModelOutputs')
    yield* runners.submit(target(), { ...work, kind: 'generate' });
  else yield* runners.submit(target(), { ...work, kind: 'stream', more });
}

// --- the official runner ---

const home = mkdtempSync(path.join(tmpdir(), 'runner-real-'));
let printed = '';
let child: ChildProcess | undefined;

function startRunner(): void {
  child = spawn(
    clarifai ?? '',
    ['model', 'local-runner', path.join(here, 'model'), '--concurrency', String(CONCURRENCY), '-v'],
    { env: { ...process.env, ...clientEnv() }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    printed += chunk;
  });
}

function clientEnv(): Record<string, string> {
  return {
    HOME: home,
    PYTHONUNBUFFERED: '1',
    CLARIFAI_API_BASE: listener.url,
    CLARIFAI_PAT: 'x',
    CLARIFAI_USER_ID: 'u',
  };
}

async function stopRunner(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  const running = child;
  child = undefined;
  if (!running?.pid) return null;
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
    running.once('exit', (code, by) => resolve(code ?? by)),
  );
  process.kill(-running.pid, signal);
  return exited;
}

// --- callers ---

function request(method: string, prompt: string, pause?: number): PostModelOutputsRequest {
  return create(PostModelOutputsRequestSchema, {
    modelId: 'observed',
    inputs: [
      {
        data: {
          metadata: { _method_name: method },
          parts: [
            { id: 'prompt', data: { stringValue: prompt } },
            ...(pause === undefined ? [] : [{ id: 'pause', data: { floatValue: pause } }]),
          ],
        },
      },
    ],
  });
}

function textOf({ status, outputs }: MultiOutputResponse): string {
  const [output] = outputs;
  return output?.data?.parts[0]?.data?.stringValue ?? `${status?.code} ${status?.details}`;
}

const forever = (): AbortSignal => new AbortController().signal;

async function predict(prompt: string): Promise<string> {
  return textOf(
    await runners.predict(target(), { request: request('predict', prompt), signal: forever() }),
  );
}

async function collect(outputs: AsyncIterable<MultiOutputResponse>): Promise<string[]> {
  const texts: string[] = [];
  try {
    for await (const output of outputs) texts.push(textOf(output));
  } catch (error) {
    texts.push(`error ${(error as StatusError).code}`);
  }
  return texts;
}

function generate(prompt: string, pause = 0, signal = forever()) {
  return runners.submit(target(), {
    kind: 'generate',
    request: request('generate', prompt, pause),
    signal,
  });
}

const words = Array.from({ length: 20 }, (_, n) => `w${n}`).join(' ');

async function* streamOf(...prompts: string[]): AsyncIterable<PostModelOutputsRequest> {
  for (const prompt of prompts) yield request('stream', prompt);
}

async function until(what: string, reached: () => boolean, ms = 15_000): Promise<void> {
  for (const end = Date.now() + ms; !reached(); ) {
    if (Date.now() > end) throw new Error(`never: ${what}\n${printed.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const stats = () => runners.statsOf([...runnerKeys][0] ?? '');
const allSlotsFree = (): boolean => stats().slots === CONCURRENCY && stats().inFlight === 0;

const python = `
import sys
from clarifai.client.model import Model
m = Model(user_id='u', app_id='local-runner-app', model_id='observed', deployment_id='local-observed', deployment_user_id='u')
print(m.predict(prompt='from python'))
print(list(m.generate(prompt='a b c', pause=0.0)))
print(list(m.stream(prompt=iter(['x', 'y']))))
try:
    m.predict(prompt='raise on purpose')
except Exception as error:
    print('raised', 'on purpose' in str(error))
`;

const checks: Record<string, () => Promise<void>> = {
  'a request that comes before the runner is held for it': async () => {
    startRunner();
    await until('the runner row', () => runnerKeys.size > 0);
    assert.equal(await predict('first'), 'FIRST');
  },
  'all three methods': async () => {
    assert.deepEqual(await collect(generate('one two three')), ['one', 'two', 'three']);
    const [first, ...rest] = ['a', 'b', 'c'];
    const outputs = runners.submit(target(), {
      kind: 'stream',
      request: request('stream', first ?? ''),
      more: streamOf(...rest),
      signal: forever(),
    });
    assert.deepEqual(await collect(outputs), ['1:a', '2:b', '3:c', 'total:3']);
  },
  'the official client in Python': async () => {
    const venvPython = path.join(path.dirname(clarifai), 'python');
    const run = spawn(venvPython, ['-c', python], { env: { ...process.env, ...clientEnv() } });
    let said = '';
    run.stdout.on('data', (chunk) => {
      said += chunk;
    });
    run.stderr.on('data', (chunk) => {
      printed += chunk;
    });
    await new Promise((resolve) => run.once('exit', resolve));
    assert.deepEqual(said.trim().split('\n'), [
      'FROM PYTHON',
      "['a', 'b', 'c']",
      "['1:x', '2:y', 'total:2']",
      'raised True',
    ]);
  },
  'two hundred in a row, and sixty at once': async () => {
    const started = performance.now();
    for (let n = 0; n < 200; n += 1) assert.equal(await predict(`row ${n}`), `ROW ${n}`);
    const perSecond = Math.round(200_000 / (performance.now() - started));
    const many = await Promise.all(
      Array.from({ length: 60 }, (_, n) => predict(`sleep=0.05 p${n}`)),
    );
    assert.deepEqual(
      many,
      Array.from({ length: 60 }, (_, n) => `P${n}`),
    );
    console.log(`     ${perSecond} requests/s one after the other`);
  },
  'errors of user code come through': async () => {
    assert.equal(await predict('raise because of reasons'), '10020 because of reasons');
    assert.deepEqual(await collect(generate('one raise! two')), [
      'one',
      '10020 asked to fail in the middle',
    ]);
    assert.equal(await predict('fine again'), 'FINE AGAIN');
  },
  'a caller who leaves: the model hears of it, the slot comes back': async () => {
    await until('all slots free', allSlotsFree);
    const left = new AbortController();
    const outputs = generate(words, 0.05, left.signal);
    await outputs.next();
    const before = printed.length;
    left.abort();
    await until('the abort callback', () => /abort item=/.test(printed.slice(before)));
    await until('all slots free', allSlotsFree);
    assert.equal(await predict('after it'), 'AFTER IT');
  },
  'a stream whose caller leaves ends its input': async () => {
    const left = new AbortController();
    const waiting = async function* (): AsyncIterable<PostModelOutputsRequest> {
      yield request('stream', 'b');
      await new Promise(() => {});
    };
    const outputs = runners.submit(target(), {
      kind: 'stream',
      request: request('stream', 'a'),
      more: waiting(),
      signal: left.signal,
    });
    await outputs.next();
    const before = printed.length;
    left.abort();
    await until('the end of the model', () => /stream-end/.test(printed.slice(before)));
    await until('all slots free', allSlotsFree);
  },
  'kill -9 with outputs under way is an error; without, a second try': async () => {
    const begun = generate(words, 0.2);
    assert.equal(textOf((await begun.next()).value as MultiOutputResponse), 'w0');
    const fresh = predict('sleep=1 saved');
    await until('both at work', () => stats().inFlight === 2);
    await stopRunner('SIGKILL');
    const rest = await collect(begun);
    assert.equal(rest.at(-1), 'error 25608');
    assert.ok(rest.length < 20);
    startRunner();
    assert.equal(await fresh, 'SAVED');
  },
  'a runner that dies by itself': async () => {
    const doomed = predict('exit now');
    await until('the end of the runner', () => stats().streams === 0);
    child = undefined;
    startRunner();
    // The second try ends the second runner too: that is enough.
    await assert.rejects(doomed, { code: 25608 });
    child = undefined;
    startRunner();
    await until('all slots free', allSlotsFree);
  },
  'an answer of 8 MB': async () => {
    assert.equal((await predict('big=8')).length, 8 << 20);
  },
  'SIGTERM ends the runner': async () => {
    assert.equal(await stopRunner('SIGTERM'), 0);
    await until('no streams', () => stats().streams === 0);
    startRunner();
    await until('all slots free', allSlotsFree);
  },
  'the platform goes and comes back on the same port': async () => {
    const { port } = listener;
    const running = predict('sleep=1 before the end');
    await until('it runs', () => stats().inFlight === 1);
    await runners.drain();
    assert.equal(await running, 'BEFORE THE END');
    await listener.close(2000);
    listener = await openPlatform(port);
    const started = Date.now();
    await until('the runner is back', allSlotsFree, 60_000);
    console.log(`     back after ${Date.now() - started} ms`);
    assert.deepEqual(await collect(generate('still here')), ['still', 'here']);
    // Its process stays behind after a SIGTERM now (see the docs), but its streams end.
    if (child?.pid) process.kill(-child.pid, 'SIGTERM');
    await until('no streams', () => stats().streams === 0);
  },
};

let failed = 0;
listener = await openPlatform();
for (const [name, check] of Object.entries(checks)) {
  const started = Date.now();
  try {
    await check();
    console.log(`ok   ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n`, error);
    // Each check builds on the one before.
    break;
  }
}
await stopRunner('SIGKILL');
await listener.close(100);
rmSync(home, { recursive: true, force: true });
const lost = events.filter((event) => event.type === 'ended' && event.outcome === 'lost').length;
console.log(`${failed === 0 ? 'all passed' : 'failed'}; ${events.length} events, ${lost} lost`);
process.exitCode = failed === 0 ? 0 : 1;
