import { once } from 'node:events';
import http from 'node:http';
import zlib from 'node:zlib';
import { StatusCode, StatusError } from '@limpid/wire';
import { expect, test } from 'vitest';
import { rawSocket, readAll } from './test/clients.ts';
import type { Script } from './test/scripted-dispatcher.ts';
import { type Started, start } from './test/start.ts';
import { gate, until } from './test/wait.ts';

const echo: Script = {
  unary: (request) => ({ inputs: (request as unknown as { inputs?: object[] }).inputs ?? [] }),
};

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: {
    status: { code: number; details: string; req_id: string };
    [field: string]: unknown;
  };
}

async function ask(
  server: Started,
  path: string,
  init: RequestInit & { duplex?: 'half' } = {},
): Promise<Reply> {
  const headers = new Headers(init.headers);
  if (!headers.has('authorization')) headers.set('authorization', 'Key good');
  const response = await fetch(`${server.listener.url}${path}`, { ...init, headers });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text === '' ? undefined : JSON.parse(text),
  };
}

test('a path names a method, JSON goes in and out', async () => {
  await using server = await start(echo);
  const body = JSON.stringify({
    inputs: [{ id: 'a', data: { concepts: [{ id: 'dog', value: 0.95 }] } }],
  });
  const { status, headers, json } = await ask(server, '/v2/users/me/apps/x%20y/inputs', {
    method: 'POST',
    body,
  });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(json).toMatchObject({
    status: { code: 10000 },
    inputs: [{ id: 'a', data: { concepts: [{ id: 'dog', value: 0.95 }] } }],
  });
  expect(server.dispatcher.opened[0]).toMatchObject({
    transport: 'rest',
    peer: '127.0.0.1',
    method: { name: 'PostInputs' },
  });
  expect(server.dispatcher.finished).toMatchObject([{ code: 10000, bytesIn: body.length }]);
  expect(server.dispatcher.finished[0]?.bytesOut).toBe(Number(headers.get('content-length')));
});

test('parameters of path and query reach the request', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    unary: (request) => {
      seen.open(request);
      return {};
    },
  });
  await ask(server, '/v2/users/ann/apps/zoo%2F1/inputs?page=2&per_page=20');
  expect(await seen.promise).toMatchObject({
    userAppId: { userId: 'ann', appId: 'zoo/1' },
    page: 2,
    perPage: 20,
  });
});

test.for([
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=utf-8',
  undefined,
])('JSON sent as %s is read', async (type) => {
  await using server = await start(echo);
  const body = Buffer.from('{"inputs":[{"id":"a"}]}');
  const { json } = await ask(server, '/v2/inputs', {
    method: 'POST',
    body,
    headers: type ? { 'content-type': type } : {},
  });
  expect(json.inputs).toMatchObject([{ id: 'a' }]);
});

test.for([
  ['broken JSON', '{"inputs":', {}],
  ['a form with parts', 'x', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['bytes that are no text', Buffer.from('7b22ff227d', 'hex'), {}],
  ['an unknown encoding', '{}', { 'content-encoding': 'zstd' }],
  ['a broken packing', 'not gzip', { 'content-encoding': 'gzip' }],
] as const)('%s is refused in-band', async ([, body, headers]) => {
  await using server = await start(echo);
  const { status, json } = await ask(server, '/v2/inputs', { method: 'POST', body, headers });
  expect(status).toBe(400);
  expect(json.status.code).toBe(StatusCode.CONN_BAD_REQUEST_FORMAT);
  expect(server.dispatcher.finished).toHaveLength(1);
  expect(server.listener.stats().bytesInFlight).toBe(0);
});

test('a content type that is none is refused too', async () => {
  await using server = await start(echo);
  const socket = await rawSocket(server.listener.port);
  socket.write(
    'POST /v2/inputs HTTP/1.1\r\nHost: x\r\nContent-Type: ;;\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  );
  expect(await readAll(socket)).toContain('"code":11100');
});

test('HTTP repeats what status says', async () => {
  await using server = await start({
    unary: () => {
      throw new StatusError(StatusCode.CONN_DOES_NOT_EXIST, { details: 'nothing there' });
    },
  });
  const { status, json } = await ask(server, '/v2/inputs');
  expect(status).toBe(404);
  expect(json.status).toMatchObject({ code: 11101, details: 'nothing there' });
});

test('strangers get 401 and the status, whatever they send', async () => {
  await using server = await start(echo);
  const headers = { authorization: 'Key bad' };
  const { status, json } = await ask(server, '/v2/inputs', {
    method: 'POST',
    body: '{broken',
    headers,
  });
  expect(json.status.code).toBe(StatusCode.CONN_KEY_INVALID);
  expect(status).toBe(401);
});

test('an unknown path, a wrong verb, a broken escape', async () => {
  await using server = await start(echo);
  const missing = await ask(server, '/v2/nothing/here', {
    headers: { 'x-clarifai-request-id-prefix': 'cli' },
  });
  expect(missing.status).toBe(404);
  expect(missing.json.status.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect(missing.json.status.req_id).toMatch(/^cli-[0-9a-f]{32}$/);
  const outside = await ask(server, '/nothing');
  expect(outside.status).toBe(404);
  expect(outside.json.status.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const wrong = await ask(server, '/v2/inputs', { method: 'PUT', body: '{}' });
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get('allow')).toMatch(/GET.*POST/);
  expect(wrong.json.status.code).toBe(StatusCode.CONN_METHOD_NOT_ALLOWED);
  const broken = await rawSocket(server.listener.port);
  broken.write('GET /v2/%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await readAll(broken)).toMatch(/^HTTP\/1\.1 4\d\d [\s\S]*"status":\{"code":11/);
  expect(server.dispatcher.opened).toHaveLength(0);
});

test('HEAD answers like GET, without the body', async () => {
  await using server = await start(echo);
  const { status, headers, json } = await ask(server, '/v2/inputs', { method: 'HEAD' });
  expect(status).toBe(200);
  expect(Number(headers.get('content-length'))).toBeGreaterThan(10);
  expect(json).toBeUndefined();
});

test('DELETE may carry a body', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    unary: (request) => {
      seen.open(request);
      return {};
    },
  });
  await ask(server, '/v2/inputs', { method: 'DELETE', body: '{"ids":["a","b"]}' });
  expect(await seen.promise).toMatchObject({ ids: ['a', 'b'] });
});

test('answers are packed for those who take it, when it is worth it', async () => {
  await using server = await start(echo);
  const big = JSON.stringify({ inputs: [{ id: 'y'.repeat(20_000) }] });
  const request = (body: string, accept: string): Promise<http.IncomingMessage> =>
    new Promise((resolve) => {
      const headers = { authorization: 'Key good', 'accept-encoding': accept };
      const sent = http.request(
        `${server.listener.url}/v2/inputs`,
        { method: 'POST', headers, agent: false },
        resolve,
      );
      sent.end(body);
    });
  const read = async (response: http.IncomingMessage) => Buffer.concat(await response.toArray());
  const packed = await request(big, 'gzip, deflate, br');
  expect(packed.headers).toMatchObject({
    'content-encoding': 'gzip',
    vary: expect.stringContaining('Accept-Encoding'),
  });
  const bytes = await read(packed);
  expect(bytes.length).toBeLessThan(1000);
  expect(JSON.parse(zlib.gunzipSync(bytes).toString())).toMatchObject({
    inputs: [{ id: 'y'.repeat(20_000) }],
  });
  for (const accept of ['identity', 'gzip;q=0', 'br']) {
    const plain = await request(big, accept);
    expect(plain.headers['content-encoding']).toBeUndefined();
    await read(plain);
  }
  const small = await request('{}', 'gzip');
  expect(small.headers['content-encoding']).toBeUndefined();
  await read(small);
});

test('a client that hangs up aborts the call', async () => {
  const seen = gate<unknown>();
  await using server = await start({
    unary: async (_request, { signal }) => {
      await once(signal, 'abort');
      seen.open(signal.reason);
      return {};
    },
  });
  const abort = new AbortController();
  const call = ask(server, '/v2/inputs', { signal: abort.signal }).catch(() => {});
  await until(() => server.dispatcher.opened.length === 1);
  abort.abort();
  expect(await seen.promise).toMatchObject({ code: StatusCode.RPC_CANCELED });
  await call;
  await until(() => server.dispatcher.finished.length === 1);
  expect(server.listener.stats().callsInFlight).toBe(0);
});

const generate = '/v2/users/me/apps/a/models/m/outputs/generate';
const three: Script = {
  stream: async function* () {
    for (const id of ['a', 'b', 'c']) yield { outputs: [{ id }] };
  },
};

test('a server stream is a line of JSON a message', async () => {
  await using server = await start(three);
  const headers = { authorization: 'Key good' };
  const response = await fetch(`${server.listener.url}${generate}`, {
    method: 'POST',
    body: '{}',
    headers,
  });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await response.text()).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).outputs[0].id)).toEqual(['a', 'b', 'c']);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('or an event, for those who ask for events', async () => {
  await using server = await start(three);
  const headers = { authorization: 'Key good', accept: 'text/event-stream' };
  const response = await fetch(`${server.listener.url}${generate}`, {
    method: 'POST',
    body: '{}',
    headers,
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = (await response.text()).trimEnd().split('\n\n');
  expect(events.map((event) => JSON.parse(event.replace(/^data: /, '')).outputs[0].id)).toEqual([
    'a',
    'b',
    'c',
  ]);
});

test('a stream that fails at once has the HTTP status of its failure', async () => {
  await using server = await start({
    // biome-ignore lint/correctness/useYield: it fails before its first answer
    stream: async function* () {
      throw new StatusError(StatusCode.MODEL_DOES_NOT_EXIST);
    },
  });
  const { status, json } = await ask(server, generate, { method: 'POST', body: '{}' });
  expect(status).toBe(404);
  expect(json.status.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('a client that leaves a stream ends it', async () => {
  const ended = gate();
  await using server = await start({
    stream: async function* (_requests, { signal }) {
      try {
        while (!signal.aborted) {
          yield { outputs: [{ id: 'again' }] };
          await new Promise(setImmediate);
        }
      } finally {
        ended.open();
      }
    },
  });
  const abort = new AbortController();
  const headers = { authorization: 'Key good' };
  const url = `${server.listener.url}${generate}`;
  const response = await fetch(url, { method: 'POST', body: '{}', headers, signal: abort.signal });
  await response.body?.getReader().read();
  abort.abort();
  await ended.promise;
  await until(() => server.dispatcher.finished.length === 1);
});

test('a stream in both directions needs gRPC', async () => {
  await using server = await start();
  const { status, json } = await ask(server, '/v2/models/outputs/stream', {
    method: 'POST',
    body: '{}',
  });
  expect(status).toBe(400);
  expect(json.status.details).toContain('gRPC');
});

test('other routes keep their own ways, and their mistakes look like ours', async () => {
  await using server = await start(echo, {
    extras: [
      async (app) => {
        app.post('/v2/login', (request) => ({ got: request.body }));
        app.get('/v2/users/:id/organizations', (request) => request.params);
        app.get('/broken', () => {
          throw new Error('secret');
        });
      },
    ],
  });
  const headers = { 'content-type': 'application/json' };
  const login = await ask(server, '/v2/login', { method: 'POST', body: '{"a":1}', headers });
  expect(login.json).toEqual({ got: { a: 1 } });
  expect((await ask(server, '/v2/users/ann/organizations')).json).toEqual({ id: 'ann' });
  const garbled = await ask(server, '/v2/login', { method: 'POST', body: '{"a":', headers });
  expect(garbled.status).toBe(400);
  expect(garbled.json.status.code).toBe(StatusCode.CONN_BAD_REQUEST_FORMAT);
  const broken = await ask(server, '/broken');
  expect(broken.status).toBe(500);
  expect(JSON.stringify(broken.json)).not.toContain('secret');
  expect(broken.headers.get('x-content-type-options')).toBe('nosniff');
});
