import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { status as grpcStatus } from '@grpc/grpc-js';
import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { classify } from './port/sniff.ts';
import { rawSocket, readAll, TestClient } from './test/clients.ts';
import { collect, connectRaw } from './test/raw-http2.ts';
import { start } from './test/start.ts';
import { gate, until } from './test/wait.ts';

const hello = {
  extras: [
    (app: import('fastify').FastifyInstance) => void app.get('/hello', () => ({ hello: 'you' })),
  ],
};
const GET = 'GET /hello HTTP/1.1\r\nHost: x\r\n\r\n';

test.for([
  ['', undefined],
  ['P', undefined],
  ['PRI * HTTP/2.0\r\n', undefined],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore', 'http2'],
  ['PRI * HTTP/1.1\r\n', 'http1'],
  ['POST /', 'http1'],
  ['G', 'http1'],
  ['\x16\x03\x01', 'tls'],
  ['\x00\x01garbage', 'http1'],
] as const)('first bytes %j', ([head, protocol]) => {
  expect(classify(Buffer.from(head, 'latin1'))).toBe(protocol);
});

test('gRPC and REST live on one port', async () => {
  await using server = await start({}, hello);
  expect((await server.client.unary('ListInputs')).status?.code).toBe(StatusCode.SUCCESS);
  const response = await fetch(`${server.listener.url}/hello`);
  expect(await response.json()).toEqual({ hello: 'you' });
});

test('the preface of HTTP/2 may come byte by byte', async () => {
  await using server = await start({}, hello);
  const through = await proxy(server.listener.port, async (socket, bytes) => {
    for (const byte of bytes.subarray(0, 40)) {
      socket.write(Buffer.from([byte]));
      await sleep(1);
    }
    socket.write(bytes.subarray(40));
  });
  const client = new TestClient(`127.0.0.1:${through.port}`);
  expect((await client.unary('ListInputs')).status?.code).toBe(StatusCode.SUCCESS);
  client.close();
  through.close();
});

test('so may an HTTP/1 request, whose first letter fits both', async () => {
  await using server = await start({}, hello);
  const socket = await rawSocket(server.listener.port);
  const answer = readAll(socket);
  const body = '{"inputs":[]}';
  const request = `POST /v2/inputs HTTP/1.1\r\nHost: x\r\nAuthorization: Key good\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (const byte of Buffer.from(request)) {
    socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  expect(await answer).toContain('"code":10000');
});

test('garbage is refused, and a garbled HTTP/2 connection ended', async () => {
  await using server = await start();
  const first = await rawSocket(server.listener.port);
  const answer = readAll(first);
  first.write(Buffer.from('0001020304050607', 'hex'));
  expect(await answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":11100/);
  const second = await rawSocket(server.listener.port);
  second.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  second.write(Buffer.alloc(1000, 0xff));
  await readAll(second);
  second.destroy();
  await until(() => server.listener.stats().connections === 0);
});

test('who says nothing, or not enough, is let go', async () => {
  await using server = await start({}, { handshakeMs: 50 });
  const silent = await rawSocket(server.listener.port);
  const slow = await rawSocket(server.listener.port);
  slow.write('PRI * HT');
  await Promise.all([readAll(silent), readAll(slow)]);
  silent.destroy();
  slow.destroy();
  await until(() => server.listener.stats().connections === 0);
});

test('headers that never end are given up', async () => {
  await using server = await start({}, { handshakeMs: 60 });
  const socket = await rawSocket(server.listener.port);
  const answer = readAll(socket);
  socket.write('GET /v2/inputs HTTP/1.1\r\nHost: x\r\n');
  expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":11100/);
  await until(() => server.listener.stats().connections === 0);
});

test('headers without end are refused', async () => {
  await using server = await start();
  const socket = await rawSocket(server.listener.port);
  const answer = readAll(socket);
  socket.write(`GET /v2/inputs HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`);
  expect(await answer).toMatch(/^HTTP\/1\.1 431 /);
});

test('who hangs up before saying anything leaves nothing behind', async () => {
  await using server = await start();
  const socket = await rawSocket(server.listener.port);
  await until(() => server.listener.stats().connections === 1);
  socket.end();
  await until(() => server.listener.stats().connections === 0);
  socket.destroy();
});

test('pipelined requests are answered in order', async () => {
  await using server = await start({}, hello);
  const socket = await rawSocket(server.listener.port);
  const answer = readAll(socket);
  const last = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  socket.write(`${GET}${GET.replace('/hello', '/no-such')}${last}`);
  const statuses = [...(await answer).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code);
  expect(statuses).toEqual(['200', '404', '200']);
});

test('a connection is kept for the next request', async () => {
  await using server = await start({}, hello);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let i = 0; i < 3; i += 1) {
    const request = http.get(`${server.listener.url}/hello`, { agent });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    ports.add(response.socket.localPort);
    response.resume();
    await once(response, 'end');
  }
  expect(ports.size).toBe(1);
  agent.destroy();
});

test('an HTTP/1 client that ends its side is taken for gone', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    unary: async (_request, { signal }) => {
      await once(signal, 'abort');
      seen.open(signal.reason);
      return {};
    },
  });
  const socket = await rawSocket(server.listener.port);
  socket.write('GET /v2/inputs HTTP/1.1\r\nHost: x\r\nAuthorization: Key good\r\n\r\n');
  await until(() => server.dispatcher.opened.length === 1);
  socket.end();
  expect(await seen.promise).toMatchObject({ code: StatusCode.RPC_CANCELED });
  await until(() => server.listener.stats().connections === 0);
  socket.destroy();
});

test('an HTTP/2 peer that ends its side is gone', async () => {
  await using server = await start();
  const session = connectRaw(server.listener.url);
  await until(() => server.listener.stats().http2Sessions === 1);
  session.socket.destroySoon();
  await until(() => server.listener.stats().connections === 0);
});

test('a dead HTTP/2 peer is noticed, a live idle one stays', async () => {
  await using server = await start({}, { sessions: { pingMs: 60 } });
  const live = connectRaw(server.listener.url);
  const dead = await rawSocket(server.listener.port);
  dead.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  dead.write(Buffer.from('000000040000000000', 'hex'));
  dead.resume();
  await until(() => server.listener.stats().http2Sessions === 2);
  await until(() => server.listener.stats().http2Sessions === 1);
  await sleep(200);
  expect(server.listener.stats().http2Sessions).toBe(1);
  expect(live.destroyed).toBe(false);
  live.destroy();
  dead.destroy();
});

test('more connections than allowed are turned away', async () => {
  await using server = await start({}, { maxConnections: 2 });
  const sockets = await Promise.all([1, 2, 3].map(() => rawSocket(server.listener.port)));
  const turnedAway = await Promise.race(
    sockets.map(async (socket) => [await readAll(socket), socket] as const),
  );
  expect(turnedAway[0]).toBe('');
  expect(server.listener.stats().connections).toBe(2);
  for (const socket of sockets) socket.destroy();
});

test('REST over HTTP/2 works as well, and what is neither is told so', async () => {
  await using server = await start({ unary: () => ({}) }, hello);
  const session = connectRaw(server.listener.url);
  const hi = await collect(session.request({ ':path': '/hello' }));
  expect(hi.headers[':status']).toBe(200);
  expect(hi.body.toString()).toBe('{"hello":"you"}');
  const post = session.request({
    ':method': 'POST',
    ':path': '/v2/inputs',
    authorization: 'Key good',
  });
  post.end('{"inputs":[{"id":"a"}]}');
  const posted = await collect(post);
  expect(JSON.parse(posted.body.toString())).toMatchObject({ status: { code: 10000 } });
  expect(server.dispatcher.finished.at(-1)?.bytesIn).toBe(23);
  const web = session.request({
    ':method': 'POST',
    ':path': '/clarifai.api.V2/ListInputs',
    'content-type': 'application/grpc-web',
  });
  web.end();
  expect((await collect(web)).headers[':status']).toBe(415);
  session.destroy();
});

test('an address in use is an error, not a silent second server', async () => {
  await using server = await start();
  await expect(start({}, { port: server.listener.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('IPv6', async () => {
  const server = await start({}, { host: '::1', ...hello }).catch(() => undefined);
  // A machine without IPv6 has nothing to show here.
  if (!server) return;
  expect(server.listener.url).toBe(`http://[::1]:${server.listener.port}`);
  const response = await fetch(`${server.listener.url}/hello`);
  expect(response.status).toBe(200);
  await response.text();
  const client = new TestClient(`[::1]:${server.listener.port}`);
  expect((await client.unary('ListInputs')).status?.code).toBe(StatusCode.SUCCESS);
  client.close();
  await server[Symbol.asyncDispose]();
});

test('closing: what is in flight finishes, nothing new begins, idle connections end', async () => {
  const answering = gate();
  const server = await start({ unary: () => answering.promise.then(() => ({})) }, hello);
  const idle = connectRaw(server.listener.url);
  const kept = await rawSocket(server.listener.port);
  kept.write(GET);
  await once(kept, 'data');
  const overGrpc = server.client.unary('ListInputs');
  const overRest = fetch(`${server.listener.url}/v2/inputs`, {
    headers: { authorization: 'Key good' },
  });
  await until(() => server.listener.stats().callsInFlight === 2);
  const closed = server.listener.close(20_000);
  expect(server.listener.draining.aborted).toBe(true);
  await Promise.all([once(idle, 'close'), once(kept, 'end')]);
  kept.destroy();
  await expect(rawSocket(server.listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  answering.open();
  expect((await overGrpc).status?.code).toBe(StatusCode.SUCCESS);
  const response = await overRest;
  expect(await response.json()).toMatchObject({ status: { code: StatusCode.SUCCESS } });
  server.client.close();
  await closed;
  expect(server.listener.stats().connections).toBe(0);
});

test('closing: what does not finish in time is told to stop, and answers in-band', async () => {
  const server = await start({
    unary: async (_request, { signal }) => {
      await once(signal, 'abort');
      throw signal.reason;
    },
  });
  const overGrpc = server.client.unary('ListInputs');
  const overRest = fetch(`${server.listener.url}/v2/inputs`, {
    headers: { authorization: 'Key good' },
  });
  await until(() => server.listener.stats().callsInFlight === 2);
  const closed = server.listener.close(50);
  expect((await overGrpc).status?.code).toBe(StatusCode.RPC_SERVER_UNAVAILABLE);
  expect(await (await overRest).json()).toMatchObject({
    status: { code: StatusCode.RPC_SERVER_UNAVAILABLE },
  });
  server.client.close();
  await closed;
});

test('closing: who ignores everything is cut off, with no invitation to try again', async () => {
  const server = await start({ unary: () => new Promise(() => {}) });
  const call = server.client.unary('ListInputs');
  await until(() => server.listener.stats().callsInFlight === 1);
  const outcome = expect(call).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
  await server.listener.close(20);
  await outcome;
  server.client.close();
});

/** Passes a connection on, its first bytes by way of `head`. */
async function proxy(
  port: number,
  head: (socket: net.Socket, bytes: Buffer) => Promise<void>,
): Promise<{ readonly port: number; close(): void }> {
  const server = net.createServer((from) => {
    const to = net.connect(port, '127.0.0.1');
    to.setNoDelay(true);
    to.pipe(from);
    from.once('data', async (bytes: Buffer) => {
      from.pause();
      await head(to, bytes);
      from.pipe(to);
    });
    for (const socket of [from, to]) socket.on('error', () => {});
    from.on('close', () => to.destroy());
    to.on('close', () => from.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as net.AddressInfo).port, close: () => server.close() };
}
