import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '@bufbuild/protobuf';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { status as grpcStatus } from '@grpc/grpc-js';
import { StatusCode, StatusError } from '@limpid/wire';
import { expect, test } from 'vitest';
import { type Answer, make } from './test/clients.ts';
import { connectRaw, frame, rawCall } from './test/raw-http2.ts';
import { method, type Script } from './test/scripted-dispatcher.ts';
import { start } from './test/start.ts';
import { gate, until } from './test/wait.ts';

const streamOutputs = method('StreamModelOutputs');
const request = (modelId: string): Message => make(streamOutputs, { modelId });
const idOf = (message: Message): string => (message as unknown as { modelId: string }).modelId;
const echo: Script = {
  stream: async function* (requests) {
    for await (const message of requests) yield { outputs: [{ id: idOf(message) }] };
  },
};
const outputId = (answer: Answer): string | undefined =>
  (answer as unknown as { outputs: { id: string }[] }).outputs[0]?.id;

test('a stream in both directions keeps its order, and ends when both sides have', async () => {
  await using server = await start(echo);
  const call = server.client.bidi('StreamModelOutputs');
  const ids = Array.from({ length: 500 }, (_, i) => `m${i}`);
  for (const id of ids) call.write(request(id));
  call.end();
  const answers: (string | undefined)[] = [];
  for await (const answer of call as AsyncIterable<Answer>) answers.push(outputId(answer));
  expect(answers).toEqual(ids);
  await until(() => server.dispatcher.finished.length === 1);
  expect(server.listener.stats().bytesInFlight).toBe(0);
});

test('answers flow before the client has ended', async () => {
  await using server = await start(echo);
  const call = server.client.bidi('StreamModelOutputs');
  for (const id of ['a', 'b', 'c']) {
    call.write(request(id));
    const [answer] = (await once(call, 'data')) as [Answer];
    expect(outputId(answer)).toBe(id);
  }
  call.end();
  const [status] = await once(call, 'status');
  expect(status.code).toBe(grpcStatus.OK);
});

test('the server may end while the client still sends, and a pending read ends with it', async () => {
  const reading = gate<IteratorResult<Message>>();
  await using server = await start({
    stream: async function* (requests) {
      const iterator = requests[Symbol.asyncIterator]();
      await iterator.next();
      void iterator.next().then(reading.open);
      yield { outputs: [{ id: 'last' }] };
    },
  });
  const call = server.client.bidi('StreamModelOutputs');
  call.write(request('first'));
  const [answer] = (await once(call, 'data')) as [Answer];
  expect(outputId(answer)).toBe('last');
  const [status] = await once(call, 'status');
  expect(status.code).toBe(grpcStatus.OK);
  expect(await reading.promise).toEqual({ done: true, value: undefined });
});

test('a thousand idle streams on one connection, beside ordinary calls', async () => {
  await using server = await start({ ...echo, unary: () => ({}) });
  const calls = Array.from({ length: 1000 }, () => server.client.bidi('StreamModelOutputs'));
  for (const call of calls) call.on('error', () => {});
  await until(() => server.dispatcher.opened.length === 1000);
  expect(server.listener.stats()).toMatchObject({ http2Sessions: 1, callsInFlight: 1000 });
  expect((await server.client.unary('ListInputs')).status?.code).toBe(StatusCode.SUCCESS);
  const answers = calls.map(async (call, i) => {
    call.write(request(`m${i}`));
    const [answer] = (await once(call, 'data')) as [Answer];
    return outputId(answer);
  });
  expect(await Promise.all(answers)).toEqual(calls.map((_, i) => `m${i}`));
  for (const call of calls) call.cancel();
  await until(() => server.listener.stats().callsInFlight === 0);
  // Dropping a thousand calls at once is no attack: the connection is still good.
  expect((await server.client.unary('ListInputs')).status?.code).toBe(StatusCode.SUCCESS);
  expect(server.listener.stats().http2Sessions).toBe(1);
});

test('a client that cancels aborts the stream', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    stream: async function* (_requests, { signal }) {
      yield { outputs: [{ id: 'a' }] };
      await once(signal, 'abort');
      seen.open(signal.reason);
    },
  });
  const call = server.client.bidi('StreamModelOutputs');
  call.on('error', () => {});
  await once(call, 'data');
  call.cancel();
  expect(await seen.promise).toMatchObject({ code: StatusCode.RPC_CANCELED });
  await until(() => server.dispatcher.finished.length === 1);
});

test('a connection that breaks ends the reading with an error', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    stream: async function* (requests) {
      try {
        for await (const message of requests) yield { outputs: [{ id: idOf(message) }] };
      } catch (error) {
        seen.open(error);
      }
    },
  });
  const session = connectRaw(server.listener.url);
  const { stream } = rawCall(session, streamOutputs.path);
  stream.write(frame(toBinary(streamOutputs.desc.input, request('a'))));
  await once(stream, 'data');
  session.destroy();
  expect(await seen.promise).toMatchObject({ code: StatusCode.RPC_CANCELED });
  await until(() => server.dispatcher.finished.length === 1);
});

test('a message that is none ends the stream with an answer that says so', async () => {
  await using server = await start(echo);
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, streamOutputs.path);
  stream.write(frame(toBinary(streamOutputs.desc.input, request('a'))));
  stream.write(frame(Buffer.from('ffffffff', 'hex')));
  const { body, trailers } = await answer;
  const firstLength = 5 + body.readUInt32BE(1);
  const last = fromBinary(streamOutputs.desc.output, body.subarray(firstLength + 5)) as Answer;
  expect(last.status?.code).toBe(StatusCode.CONN_BAD_REQUEST_FORMAT);
  expect(trailers['grpc-status']).toBe('0');
  session.destroy();
});

test('a server stream: one request, many answers', async () => {
  await using server = await start({
    stream: async function* (requests) {
      for await (const message of requests) {
        for (let i = 0; i < 300; i += 1) yield { outputs: [{ id: `${idOf(message)}${i}` }] };
      }
    },
  });
  const call = server.client.serverStream('GenerateModelOutputs', { modelId: 'm' });
  const ids: (string | undefined)[] = [];
  for await (const answer of call as AsyncIterable<Answer>) ids.push(outputId(answer));
  expect(ids).toEqual(Array.from({ length: 300 }, (_, i) => `m${i}`));
});

test('an error in a stream is its last message', async () => {
  await using server = await start({
    stream: async function* () {
      yield { outputs: [{ id: 'a' }] };
      throw new StatusError(StatusCode.MODEL_DEPLOYING);
    },
  });
  const call = server.client.serverStream('GenerateModelOutputs', { modelId: 'm' });
  const codes: (number | undefined)[] = [];
  for await (const answer of call as AsyncIterable<Answer>) codes.push(answer.status?.code);
  expect(codes).toEqual([StatusCode.SUCCESS, StatusCode.MODEL_DEPLOYING]);
  expect(server.dispatcher.finished).toMatchObject([{ code: StatusCode.MODEL_DEPLOYING }]);
});

test('a second request of a server stream is refused in-band', async () => {
  await using server = await start({
    stream: async function* (requests) {
      for await (const message of requests) yield { outputs: [{ id: idOf(message) }] };
    },
  });
  const generate = method('GenerateModelOutputs');
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, generate.path);
  const one = frame(toBinary(generate.desc.input, make(generate, { modelId: 'm' })));
  stream.end(Buffer.concat([one, one]));
  const { body } = await answer;
  const last = fromBinary(generate.desc.output, body.subarray(10 + body.readUInt32BE(1))) as Answer;
  expect(last.status?.code).toBe(StatusCode.CONN_BAD_REQUEST_FORMAT);
  session.destroy();
});

test('strangers are told so in a stream as well', async () => {
  await using server = await start(echo);
  const call = server.client.bidi('StreamModelOutputs', { metadata: { authorization: 'Key bad' } });
  const [answer] = (await once(call, 'data')) as [Answer];
  expect(answer.status?.code).toBe(StatusCode.CONN_KEY_INVALID);
  const [status] = await once(call, 'status');
  expect(status.code).toBe(grpcStatus.OK);
});

test('a slow reader holds the handler back', async () => {
  let made = 0;
  const chunk = 'x'.repeat(64 * 1024);
  await using server = await start({
    stream: async function* () {
      while (made < 400) {
        made += 1;
        yield { outputs: [{ id: chunk }] };
      }
    },
  });
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, method('GenerateModelOutputs').path);
  stream.pause();
  stream.end(frame(Buffer.alloc(0)));
  await sleep(300);
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(100);
  stream.resume();
  const { body } = await answer;
  expect(made).toBe(400);
  expect(body.length).toBeGreaterThan(400 * chunk.length);
  session.destroy();
});

test('a slow handler holds the client back, and what waits is bounded', async () => {
  const proceed = gate();
  let taken = 0;
  await using server = await start({
    stream: async function* (requests) {
      for await (const _ of requests) {
        taken += 1;
        if (taken === 1) await proceed.promise;
      }
      yield { outputs: [{ id: String(taken) }] };
    },
  });
  const call = server.client.bidi('StreamModelOutputs');
  const message = request('x'.repeat(64 * 1024));
  for (let i = 0; i < 500; i += 1) call.write(message);
  call.end();
  await until(() => taken === 1);
  await sleep(200);
  expect(server.listener.stats().bytesInFlight).toBeLessThan(3 * 1024 * 1024);
  proceed.open();
  const [answer] = (await once(call, 'data')) as [Answer];
  expect(outputId(answer)).toBe('500');
  await until(() => server.listener.stats().bytesInFlight === 0);
});
