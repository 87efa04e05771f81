import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import zlib from 'node:zlib';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { status as grpcStatus } from '@grpc/grpc-js';
import { StatusCode, StatusError } from '@limpid/wire';
import { expect, test } from 'vitest';
import { make, TestClient } from './test/clients.ts';
import { connectRaw, frame, rawCall } from './test/raw-http2.ts';
import { method, type Script } from './test/scripted-dispatcher.ts';
import { start } from './test/start.ts';
import { gate, until } from './test/wait.ts';

const postInputs = method('PostInputs');
const echo: Script = {
  unary: (request) => ({ inputs: (request as unknown as { inputs: object[] }).inputs }),
};
const encoded = (init: object): Uint8Array =>
  toBinary(postInputs.desc.input, make(postInputs, { ...init }));
const decoded = (body: Buffer) =>
  fromBinary(postInputs.desc.output, body.subarray(5)) as { status?: { code: number } };

test('a unary call is answered, status and all', async () => {
  await using server = await start(echo);
  const answer = await server.client.unary('PostInputs', { inputs: [{ id: 'a' }, { id: 'b' }] });
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  expect(answer).toMatchObject({ inputs: [{ id: 'a' }, { id: 'b' }] });
  const sizes = { bytesIn: 10, bytesOut: expect.any(Number) };
  expect(server.dispatcher.finished).toEqual([{ code: StatusCode.SUCCESS, ...sizes }]);
  expect(server.listener.stats().bytesInFlight).toBe(0);
});

test('dispatch sees metadata by lower-case name, and the address of the client', async () => {
  await using server = await start(echo);
  const metadata = { Authorization: 'Key good', 'X-Clarifai-Request-ID-Prefix': 'sdk-1' };
  await server.client.unary('PostInputs', {}, { metadata });
  const [incoming] = server.dispatcher.opened;
  expect(incoming?.header('x-clarifai-request-id-prefix')).toBe('sdk-1');
  expect(incoming?.header('no-such-thing')).toBeUndefined();
  expect(incoming).toMatchObject({
    peer: '127.0.0.1',
    transport: 'grpc',
    method: { name: 'PostInputs' },
  });
});

test('a failure is in the message, and gRPC says OK', async () => {
  await using server = await start({
    unary: () => {
      throw new StatusError(StatusCode.MODEL_DOES_NOT_EXIST, { details: 'no such model' });
    },
  });
  const answer = await server.client.unary('PostModelOutputs');
  expect(answer.status).toMatchObject({
    code: StatusCode.MODEL_DOES_NOT_EXIST,
    details: 'no such model',
  });
});

test('the caller is known before a byte of the message is read', async () => {
  const opening = gate();
  await using server = await start({ ...echo, open: () => opening.promise });
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, postInputs.path);
  await until(() => server.dispatcher.opened.length === 1);
  const message = encoded({ inputs: [{ id: 'x'.repeat(8 * 1024 * 1024) }] });
  stream.end(frame(message));
  await sleep(100);
  // More than the window is still with the client: nobody reads.
  expect(stream.writableLength + session.state.outboundQueueSize!).toBeGreaterThan(0);
  expect(server.listener.stats().bytesInFlight).toBe(0);
  opening.open();
  expect(decoded((await answer).body).status?.code).toBe(StatusCode.SUCCESS);
  session.destroy();
});

test.for([
  ['bytes that are no message', frame(Buffer.from('ffffffff', 'hex'))],
  ['no message at all', Buffer.alloc(0)],
  ['two messages', Buffer.concat([frame(encoded({})), frame(encoded({}))])],
  ['half a message', frame(encoded({ inputs: [{ id: 'abc' }] })).subarray(0, 8)],
  ['an unknown flag', frame(encoded({}), 7)],
  ['a message marked as compressed without an encoding', frame(encoded({}), 1)],
] as const)('%s: answered in-band', async ([, bytes]) => {
  await using server = await start(echo);
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, postInputs.path);
  stream.end(bytes);
  const { body, trailers } = await answer;
  expect(decoded(body).status?.code).toBe(StatusCode.CONN_BAD_REQUEST_FORMAT);
  expect(trailers['grpc-status']).toBe('0');
  expect(server.dispatcher.finished).toHaveLength(1);
  session.destroy();
});

test('a message may come in pieces of any size', async () => {
  await using server = await start(echo);
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, postInputs.path);
  for (const byte of frame(encoded({ inputs: [{ id: 'abc' }] }))) {
    stream.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  stream.end();
  expect(decoded((await answer).body)).toMatchObject({ inputs: [{ id: 'abc' }] });
  session.destroy();
});

test('an unknown method is UNIMPLEMENTED, as is an unknown encoding and a bad deadline an error of gRPC', async () => {
  await using server = await start();
  const session = connectRaw(server.listener.url);
  const code = async (path: string, headers = {}) => {
    const { stream, answer } = rawCall(session, path, headers);
    stream.end(frame(Buffer.alloc(0)));
    return (await answer).headers['grpc-status'];
  };
  expect(await code('/clarifai.api.V2/NoSuchThing')).toBe(String(grpcStatus.UNIMPLEMENTED));
  expect(await code(postInputs.path, { 'grpc-encoding': 'snappy' })).toBe(
    String(grpcStatus.UNIMPLEMENTED),
  );
  expect(await code(postInputs.path, { 'grpc-timeout': 'soon' })).toBe(String(grpcStatus.INTERNAL));
  session.destroy();
});

test('a deadline that passes is seen by the handler and by the client', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    unary: async (_request, { signal }) => {
      await once(signal, 'abort');
      seen.open(signal.reason);
      return {};
    },
  });
  const call = server.client.unary('ListInputs', {}, { deadlineMs: 50 });
  await expect(call).rejects.toMatchObject({ code: grpcStatus.DEADLINE_EXCEEDED });
  const reason = await seen.promise;
  // Whoever notices first: the timer of the server, or the client that hangs up.
  expect([StatusCode.RPC_REQUEST_TIMEOUT, StatusCode.RPC_CANCELED]).toContain(
    (reason as StatusError).code,
  );
});

test('the deadline is kept by the server too', async () => {
  await using server = await start({
    unary: async (_request, { signal }) => {
      await once(signal, 'abort');
      return {};
    },
  });
  const session = connectRaw(server.listener.url);
  const { stream, answer } = rawCall(session, postInputs.path, { 'grpc-timeout': '20m' });
  stream.end(frame(encoded({})));
  expect((await answer).headers['grpc-status']).toBe(String(grpcStatus.DEADLINE_EXCEEDED));
  await until(() => server.dispatcher.finished.length === 1);
  session.destroy();
});

test('a client that hangs up aborts the call, and its account is balanced', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    unary: async (_request, { signal }) => {
      await once(signal, 'abort');
      seen.open(signal.reason);
      return {};
    },
  });
  const call = server.client.startUnary('PostInputs', { inputs: [{ id: 'a' }] }, {}, () => {});
  await until(() => server.listener.stats().bytesInFlight > 0);
  call.cancel();
  expect(await seen.promise).toMatchObject({ code: StatusCode.RPC_CANCELED });
  await until(() => server.listener.stats().bytesInFlight === 0);
  expect(server.dispatcher.finished).toHaveLength(1);
});

test('a client that is gone in the middle of its message leaves nothing behind', async () => {
  await using server = await start(echo);
  const session = connectRaw(server.listener.url);
  const { stream } = rawCall(session, postInputs.path);
  stream.write(frame(Buffer.alloc(50 * 1024 * 1024)).subarray(0, 2 * 1024 * 1024));
  await until(() => server.listener.stats().bytesInFlight === 50 * 1024 * 1024);
  session.destroy();
  await until(() => server.dispatcher.finished.length === 1);
  expect(server.dispatcher.finished).toMatchObject([{ code: StatusCode.RPC_CANCELED }]);
  expect(server.listener.stats().bytesInFlight).toBe(0);
});

test('requests in gzip are read, and answered in gzip', async () => {
  await using server = await start(echo);
  const client = new TestClient(server.address, { 'grpc.default_compression_algorithm': 2 });
  const inputs = [{ id: 'y'.repeat(100_000) }];
  expect(await client.unary('PostInputs', { inputs })).toMatchObject({ inputs });
  expect(server.dispatcher.finished[0]?.bytesIn).toBeLessThan(1000);
  expect(server.dispatcher.finished[0]?.bytesOut).toBeLessThan(1000);
  client.close();
});

test('who sends plain messages gets plain answers', async () => {
  await using server = await start(echo);
  const session = connectRaw(server.listener.url);
  const headers = { 'grpc-accept-encoding': 'identity,deflate,gzip' };
  const { stream, answer } = rawCall(session, postInputs.path, headers);
  stream.end(frame(encoded({ inputs: [{ id: 'z'.repeat(50_000) }] })));
  const { body, headers: received } = await answer;
  expect(received['grpc-encoding']).toBeUndefined();
  expect(body.readUInt8(0)).toBe(0);
  session.destroy();
});

test('deflate is read too; what is not what it claims is refused in-band', async () => {
  await using server = await start(echo);
  const session = connectRaw(server.listener.url);
  const send = async (bytes: Buffer) => {
    const { stream, answer } = rawCall(session, postInputs.path, { 'grpc-encoding': 'deflate' });
    stream.end(frame(bytes, 1));
    return decoded((await answer).body).status?.code;
  };
  expect(await send(zlib.deflateSync(encoded({ inputs: [{ id: 'a' }] })))).toBe(StatusCode.SUCCESS);
  expect(await send(Buffer.from('not deflate'))).toBe(StatusCode.CONN_BAD_REQUEST_FORMAT);
  session.destroy();
});

test('a dispatcher that breaks its word costs the call, not the server', async () => {
  const broken = { open: () => Promise.reject(new Error('broken')) };
  await using server = await start({}, { dispatcher: broken });
  await expect(server.client.unary('ListInputs')).rejects.toMatchObject({
    code: grpcStatus.INTERNAL,
  });
  const response = await fetch(`${server.listener.url}/v2/inputs`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('broken');
});
