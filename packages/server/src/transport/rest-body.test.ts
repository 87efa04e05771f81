import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import zlib from 'node:zlib';
import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { rawSocket } from './test/clients.ts';
import { collect, connectRaw } from './test/raw-http2.ts';
import { type Started, start } from './test/start.ts';
import { gate, until } from './test/wait.ts';

const MB = 1024 * 1024;
const inputs = (bytes: number): string => JSON.stringify({ inputs: [{ id: 'x'.repeat(bytes) }] });

interface Reply {
  readonly http: number;
  readonly code: number;
}

/** Sends what `write` writes and reads the answer, which may come before all was written. */
async function send(
  server: Started,
  headers: http.OutgoingHttpHeaders,
  write: (request: http.ClientRequest) => void | Promise<void>,
): Promise<Reply> {
  const options = {
    method: 'POST',
    agent: false,
    headers: { authorization: 'Key good', ...headers },
  };
  const request = http.request(`${server.listener.url}/v2/inputs`, options);
  request.on('error', () => {});
  const answer = once(request, 'response') as Promise<[http.IncomingMessage]>;
  await write(request);
  const [response] = await answer;
  const body = Buffer.concat(await response.toArray()).toString();
  request.destroy();
  return { http: response.statusCode ?? 0, code: JSON.parse(body).status.code };
}

test('the caller is known before a byte of the body is read', async () => {
  const opening = gate();
  await using server = await start({ open: () => opening.promise, unary: () => ({}) });
  // More than the system itself buffers on the way.
  const body = inputs(40 * MB);
  let request: http.ClientRequest | undefined;
  const answer = send(server, { 'content-length': body.length }, (sending) => {
    request = sending;
    sending.end(body);
  });
  await until(() => server.dispatcher.opened.length === 1);
  await sleep(100);
  expect(server.listener.stats().bytesInFlight).toBe(0);
  expect(request?.socket?.writableLength).toBeGreaterThan(0);
  opening.open();
  expect(await answer).toEqual({ http: 200, code: 10000 });
});

test('300 MB are refused by their announcement alone, and by their arrival where they come unannounced', async () => {
  await using server = await start();
  const before = process.memoryUsage().rss;
  const announced = await send(server, { 'content-length': 300 * MB }, (request) => {
    request.write(Buffer.alloc(MB));
  });
  expect(announced).toEqual({ http: 413, code: StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED });
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * MB);
});

test('a body without a length grows to the limit and no further', async () => {
  await using server = await start({ unary: () => ({}) }, { limits: { bodyBytes: 4 * MB } });
  const small = await send(
    server,
    { 'transfer-encoding': 'chunked' },
    (request) => void request.end(inputs(3 * MB)),
  );
  expect(small).toEqual({ http: 200, code: 10000 });
  const chunk = Buffer.alloc(MB, 0x20);
  const large = await send(server, { 'transfer-encoding': 'chunked' }, async (request) => {
    for (let i = 0; i < 20; i += 1) {
      request.write(chunk);
      await new Promise(setImmediate);
    }
  });
  expect(large).toEqual({ http: 413, code: StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED });
  expect(server.listener.stats().bytesInFlight).toBe(0);
});

test('the same connection serves on after a refused body that was sent to its end', async () => {
  await using server = await start({ unary: () => ({}) }, { limits: { bodyBytes: MB } });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const post = async (bytes: number): Promise<Reply> => {
    const headers = { authorization: 'Key good' };
    const request = http.request(`${server.listener.url}/v2/inputs`, {
      method: 'POST',
      agent,
      headers,
    });
    request.end(inputs(bytes));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const body = Buffer.concat(await response.toArray()).toString();
    return { http: response.statusCode ?? 0, code: JSON.parse(body).status.code };
  };
  expect((await post(5 * MB)).http).toBe(413);
  expect((await post(10)).http).toBe(200);
  agent.destroy();
});

test.for([
  ['gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['br', zlib.brotliCompressSync],
] as const)('a body in %s is unpacked, within the limit', async ([name, pack]) => {
  const seen: number[] = [];
  await using server = await start(
    {
      unary: (request) => {
        seen.push((request as unknown as { inputs: { id: string }[] }).inputs[0]?.id.length ?? 0);
        return {};
      },
    },
    { limits: { bodyBytes: 4 * MB } },
  );
  const headers = { 'content-encoding': name };
  expect(await send(server, headers, (request) => void request.end(pack(inputs(3 * MB))))).toEqual({
    http: 200,
    code: 10000,
  });
  expect(seen).toEqual([3 * MB]);
  const bomb = await send(server, headers, (request) => void request.end(pack(inputs(30 * MB))));
  expect(bomb).toEqual({ http: 413, code: StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED });
  await until(() => server.listener.stats().bytesInFlight === 0);
});

test('strangers may send little', async () => {
  await using server = await start();
  const body = inputs(5 * MB);
  const headers = { authorization: 'Key bad', 'content-length': body.length };
  const reply = await send(server, headers, (request) => void request.write(body.slice(0, MB)));
  expect(reply).toEqual({ http: 401, code: StatusCode.CONN_KEY_INVALID });
});

test('who asks before sending is told to send, or not to', async () => {
  await using server = await start({ unary: () => ({}) });
  const body = inputs(MB);
  let asked = 0;
  const headers = { expect: '100-continue', 'content-length': body.length };
  const sent = await send(server, headers, async (request) => {
    request.flushHeaders();
    await once(request, 'continue');
    asked += 1;
    request.end(body);
  });
  expect(sent).toEqual({ http: 200, code: 10000 });
  expect(asked).toBe(1);
  const refused = await send(server, { ...headers, 'content-length': 400 * MB }, (request) => {
    request.on('continue', () => {
      asked += 1;
    });
    request.flushHeaders();
  });
  expect(refused.http).toBe(413);
  expect(asked).toBe(1);
});

test('a client that is gone in the middle of its body leaves nothing behind', async () => {
  await using server = await start();
  const socket = await rawSocket(server.listener.port);
  const head = [
    'POST /v2/inputs HTTP/1.1',
    'Host: x',
    'Authorization: Key good',
    `Content-Length: ${50 * MB}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(Buffer.alloc(2 * MB, 0x20));
  await until(() => server.listener.stats().bytesInFlight === 100 * MB);
  socket.destroy();
  await until(() => server.dispatcher.finished.length === 1);
  expect(server.dispatcher.finished).toMatchObject([{ code: StatusCode.RPC_CANCELED }]);
  expect(server.listener.stats()).toMatchObject({ bytesInFlight: 0, callsInFlight: 0 });
});

test('a body that stops arriving is given up', async () => {
  await using server = await start({}, { progress: { windowMs: 30, minBytes: 10 } });
  const reply = await send(
    server,
    { 'content-length': MB },
    (request) => void request.write('{"inp'),
  );
  expect(reply.code).toBe(StatusCode.RPC_REQUEST_TIMEOUT);
  expect(server.listener.stats().bytesInFlight).toBe(0);
});

test('over HTTP/2 bodies are limited in the same way', async () => {
  await using server = await start({ unary: () => ({}) }, { limits: { bodyBytes: 4 * MB } });
  const session = connectRaw(server.listener.url);
  const post = async (bytes: number) => {
    const request = session.request({
      ':method': 'POST',
      ':path': '/v2/inputs',
      authorization: 'Key good',
    });
    request.end(inputs(bytes));
    const { headers, body } = await collect(request);
    return { http: headers[':status'], code: JSON.parse(body.toString()).status.code };
  };
  expect(await post(3 * MB)).toEqual({ http: 200, code: 10000 });
  expect(await post(9 * MB)).toEqual({ http: 413, code: StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED });
  expect(server.listener.stats().bytesInFlight).toBe(0);
  session.destroy();
});
