import { setTimeout as sleep } from 'node:timers/promises';
import zlib from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { methods, StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { type Answer, TestClient } from './test/clients.ts';
import { connectRaw, frame, frameHead, rawCall } from './test/raw-http2.ts';
import { method } from './test/scripted-dispatcher.ts';
import { start } from './test/start.ts';
import { gate, until } from './test/wait.ts';

const MB = 1024 * 1024;
const postInputs = method('PostInputs');
const answered = (body: Buffer): number | undefined =>
  (fromBinary(postInputs.desc.output, body.subarray(5)) as Answer).status?.code;

test('200 MB are refused in-band, without being held', async () => {
  await using server = await start();
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, postInputs.path);
  const before = process.memoryUsage().rss;
  stream.write(frameHead(200 * MB));
  const chunk = Buffer.alloc(MB);
  for (let sent = 0; sent < 200 && !stream.destroyed; sent += 1) {
    if (!stream.write(chunk)) await Promise.race([sleep(5), answer]);
  }
  const { body, trailers } = await answer;
  expect(answered(body)).toBe(StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED);
  expect(trailers['grpc-status']).toBe('0');
  expect(process.memoryUsage().rss - before).toBeLessThan(120 * MB);
  expect(server.dispatcher.finished).toMatchObject([{ bytesIn: 0 }]);
  session.destroy();
});

test('a client library sees the refusal as an answer too', async () => {
  await using server = await start({}, { maxMessageBytes: MB });
  const answer = await server.client.unary('PostInputs', { inputs: [{ id: 'x'.repeat(9 * MB) }] });
  expect(answer.status?.code).toBe(StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED);
  // The connection is still good.
  expect((await server.client.unary('PostInputs')).status?.code).toBe(StatusCode.SUCCESS);
});

test('40 MB arrive whole', async () => {
  let length = 0;
  await using server = await start({
    unary: (request) => {
      length = (request as unknown as { inputs: { id: string }[] }).inputs[0]?.id.length ?? 0;
      return {};
    },
  });
  const answer = await server.client.unary('PostInputs', {
    inputs: [{ id: 'x'.repeat(40 * MB) }],
  });
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  expect(length).toBe(40 * MB);
  expect(server.listener.stats().bytesInFlight).toBe(0);
});

test('an answer may be of any size', async () => {
  const id = 'y'.repeat(20 * MB);
  await using server = await start({ unary: () => ({ inputs: [{ id }] }) });
  const answer = await server.client.unary('PostInputs');
  expect((answer as unknown as { inputs: { id: string }[] }).inputs[0]?.id.length).toBe(20 * MB);
});

test('strangers may send little, and hear that they are strangers', async () => {
  await using server = await start();
  const metadata = { authorization: 'Key bad' };
  const inputs = [{ id: 'x'.repeat(5 * MB) }];
  const answer = await server.client.unary('PostInputs', { inputs }, { metadata });
  expect(answer.status?.code).toBe(StatusCode.CONN_KEY_INVALID);
  expect(server.dispatcher.finished).toMatchObject([{ bytesIn: 0 }]);
});

test('methods for everybody have the small limit, and say so', async () => {
  await using server = await start();
  const open = methods().find((m) => m.auth === 'none' && m.kind === 'unary');
  if (!open) throw new Error('the API has no method for everybody');
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, open.path, { authorization: '' });
  stream.write(frameHead(5 * MB));
  const { body } = await answer;
  const reply = fromBinary(open.desc.output, body.subarray(5)) as Answer;
  expect(reply.status?.code).toBe(StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED);
  session.destroy();
});

test('a small packed message that would become large is refused', async () => {
  await using server = await start({}, { maxMessageBytes: MB });
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, postInputs.path, { 'grpc-encoding': 'gzip' });
  stream.end(frame(zlib.gzipSync(Buffer.alloc(50 * MB)), 1));
  expect(answered((await answer).body)).toBe(StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED);
  await until(() => server.listener.stats().bytesInFlight === 0);
  session.destroy();
});

test('who holds all that it may waits, and is then told to come later; others are served', async () => {
  const release = gate();
  await using server = await start(
    { unary: () => release.promise.then(() => ({})) },
    {
      limits: {
        messageBytes: 4 * MB,
        bodyBytes: MB,
        callerInFlight: 5 * MB,
        processInFlight: 20 * MB,
        waitMs: 100,
      },
    },
  );
  const inputs = [{ id: 'x'.repeat(3 * MB) }];
  const first = server.client.unary('PostInputs', { inputs });
  await until(() => server.listener.stats().bytesInFlight > 3 * MB);
  const second = await server.client.unary('PostInputs', { inputs });
  expect(second.status?.code).toBe(StatusCode.CONN_THROTTLED);
  const other = server.client.unary(
    'PostInputs',
    { inputs },
    { metadata: { authorization: 'Key good too' } },
  );
  await until(() => server.listener.stats().bytesInFlight > 6 * MB);
  const third = server.client.unary('PostInputs', { inputs });
  await until(() => server.listener.stats().waiting === 1);
  release.open();
  for (const call of [first, other, third])
    expect((await call).status?.code).toBe(StatusCode.SUCCESS);
  expect(server.listener.stats()).toMatchObject({ bytesInFlight: 0, waiting: 0 });
});

test('a message that stops arriving is given up', async () => {
  await using server = await start({}, { progress: { windowMs: 30, minBytes: 10 } });
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, postInputs.path);
  stream.write(frameHead(10 * MB));
  stream.write(Buffer.alloc(100));
  expect(answered((await answer).body)).toBe(StatusCode.RPC_REQUEST_TIMEOUT);
  expect(server.listener.stats().bytesInFlight).toBe(0);
  session.destroy();
});

test('many clients at once: every byte comes back to the budget', async () => {
  await using server = await start(
    { unary: () => ({}) },
    { limits: { processInFlight: 10 * MB, messageBytes: 4 * MB, bodyBytes: MB } },
  );
  const clients = Array.from({ length: 4 }, () => new TestClient(server.address));
  const calls = Array.from({ length: 40 }, (_, i) => {
    const metadata = { authorization: `Key good ${i % 5}` };
    const inputs = [{ id: 'x'.repeat(((i % 3) + 1) * MB) }];
    return clients[i % 4]!.unary('PostInputs', { inputs }, { metadata });
  });
  for (const call of calls) expect((await call).status?.code).toBe(StatusCode.SUCCESS);
  expect(server.listener.stats()).toMatchObject({ bytesInFlight: 0, waiting: 0 });
  for (const client of clients) client.close();
});
