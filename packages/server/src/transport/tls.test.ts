import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { StatusCode } from '@limpid/wire';
import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { rawSocket, readAll, TestClient } from './test/clients.ts';
import { collect } from './test/raw-http2.ts';
import { selfSigned } from './test/self-signed.ts';
import { start } from './test/start.ts';
import { gate, until } from './test/wait.ts';

const files = selfSigned();
const ca = files.cert;
const hello = (app: FastifyInstance): void => {
  app.get('/hello', (request) => ({
    protocol: request.protocol,
    version: request.raw.httpVersion,
  }));
};
const options = { tls: files, extras: [hello] };

test('gRPC under TLS', async () => {
  await using server = await start({ unary: () => ({}) }, options);
  const client = new TestClient(server.address, {}, ca);
  const answer = await client.unary('PostInputs', { inputs: [{ id: 'x'.repeat(1_000_000) }] });
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  expect(server.dispatcher.opened[0]?.peer).toBe('127.0.0.1');
  client.close();
});

test('HTTP/1.1 and HTTP/2 under TLS, as the client prefers', async () => {
  await using server = await start({}, options);
  expect(server.listener.url).toBe(`https://127.0.0.1:${server.listener.port}`);
  const agent = new https.Agent({ ca, keepAlive: false, servername: 'localhost' });
  const request = https.get(`${server.listener.url}/hello`, { agent });
  const [response] = await once(request, 'response');
  const body = await response.toArray();
  expect(JSON.parse(Buffer.concat(body).toString())).toEqual({ protocol: 'https', version: '1.1' });
  agent.destroy();
  const session = http2.connect(server.listener.url, { ca, servername: 'localhost' });
  const over2 = await collect(session.request({ ':path': '/hello' }));
  expect(JSON.parse(over2.body.toString())).toEqual({ protocol: 'https', version: '2.0' });
  session.destroy();
});

test('the caller is known before a byte of the body is read, under TLS too', async () => {
  const opening = gate();
  await using server = await start({ open: () => opening.promise, unary: () => ({}) }, options);
  const agent = new https.Agent({ ca, keepAlive: false, servername: 'localhost' });
  const body = JSON.stringify({ inputs: [{ id: 'x'.repeat(40_000_000) }] });
  const headers = { authorization: 'Key good', 'content-length': body.length };
  const url = `${server.listener.url}/v2/inputs`;
  const request = https.request(url, { method: 'POST', agent, headers });
  request.end(body);
  await until(() => server.dispatcher.opened.length === 1);
  await sleep(200);
  expect(request.socket?.writableLength).toBeGreaterThan(0);
  opening.open();
  const [response] = await once(request, 'response');
  expect(response.statusCode).toBe(200);
  await response.toArray();
  expect(server.dispatcher.finished).toMatchObject([{ bytesIn: body.length }]);
  agent.destroy();
});

test('a client without ALPN gets HTTP/1.1', async () => {
  await using server = await start({}, options);
  const socket = tls.connect({ host: '127.0.0.1', port: server.listener.port, ca });
  await once(socket, 'secureConnect');
  socket.write('GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await readAll(socket)).toContain('"version":"1.1"');
});

test('plain HTTP on a TLS port is told so; plain HTTP/2 and broken TLS are ended', async () => {
  await using server = await start({}, options);
  const plain = await rawSocket(server.listener.port);
  const answer = readAll(plain);
  plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*This port speaks HTTPS/);
  for (const bytes of ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x00\x05hello']) {
    const socket = await rawSocket(server.listener.port);
    const ended = readAll(socket);
    socket.write(Buffer.from(bytes, 'latin1'));
    await ended;
  }
  await until(() => server.listener.stats().connections === 0);
});

test('TLS on a plain port is ended', async () => {
  await using server = await start();
  const socket = tls.connect({ host: '127.0.0.1', port: server.listener.port, ca });
  await expect(once(socket, 'secureConnect')).rejects.toThrow();
  await until(() => server.listener.stats().connections === 0);
});

test('a handshake that never ends is given up', async () => {
  await using server = await start({}, { ...options, handshakeMs: 50 });
  const socket = await rawSocket(server.listener.port);
  const ended = readAll(socket);
  socket.write(Buffer.from([0x16, 0x03, 0x01, 0x01, 0x00, 0x01]));
  await ended;
  await until(() => server.listener.stats().connections === 0);
});
