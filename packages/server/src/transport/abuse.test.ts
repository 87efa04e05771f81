// Clients that break every rule, at once and at random: nothing may be left of them.
import http2 from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { rawSocket } from './test/clients.ts';
import { connectRaw, frame, frameHead, rawCall } from './test/raw-http2.ts';
import { method, type Script } from './test/scripted-dispatcher.ts';
import { start } from './test/start.ts';
import { until } from './test/wait.ts';

const MB = 1024 * 1024;

/** Repeatable: a linear congruential generator. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % sides;
  };
}

const script = (dice: (sides: number) => number): Script => ({
  unary: async () => {
    await sleep(dice(10));
    return {};
  },
  stream: async function* (requests) {
    for await (const _ of requests) yield { outputs: [{ id: 'x'.repeat(dice(100_000)) }] };
  },
});

const limits = {
  processInFlight: 8 * MB,
  callerInFlight: 4 * MB,
  messageBytes: 3 * MB,
  bodyBytes: MB,
  waitMs: 50,
};
const paths = [
  method('PostInputs').path,
  method('StreamModelOutputs').path,
  method('GenerateModelOutputs').path,
  '/grpc.health.v1.Health/Check',
  '/clarifai.api.V2/Nothing',
];

test('after a thousand broken clients every call is finished and every byte is back', async () => {
  const dice = createDice(7);
  await using server = await start(script(dice), { limits });
  const { opened, finished } = server.dispatcher;
  let session = connectRaw(server.listener.url);
  let left = 1000;

  async function overGrpc(): Promise<void> {
    if (session.destroyed || dice(30) === 0) {
      session.destroy();
      session = connectRaw(server.listener.url);
    }
    const headers: http2.OutgoingHttpHeaders = { authorization: dice(4) ? 'Key good' : 'Key bad' };
    if (dice(5) === 0) headers['grpc-encoding'] = 'gzip';
    if (dice(5) === 0) headers['grpc-timeout'] = `${dice(20)}m`;
    const { stream, answer } = rawCall(session, paths[dice(paths.length)] ?? '', headers);
    const payload = Buffer.alloc(dice(4 * MB));
    const ways = [
      () => stream.end(frame(Buffer.alloc(0))),
      () => stream.write(frame(payload, dice(2))),
      () => stream.write(Buffer.concat([frameHead(dice(5 * MB)), payload.subarray(0, 1000)])),
      () => stream.end(),
      () => stream.end(payload),
      () =>
        stream.write(Buffer.concat(Array.from({ length: 20 }, () => frame(Buffer.alloc(dice(3)))))),
    ];
    ways[dice(ways.length)]?.();
    if (dice(3) === 0) stream.pause();
    await Promise.race([answer, sleep(dice(40))]);
    stream.close([http2.constants.NGHTTP2_CANCEL, http2.constants.NGHTTP2_NO_ERROR][dice(2)]);
  }

  async function overRest(): Promise<void> {
    const socket = await rawSocket(server.listener.port);
    const length = dice(2) ? `Content-Length: ${dice(2 * MB)}` : 'Transfer-Encoding: chunked';
    const lines = [
      'POST /v2/inputs HTTP/1.1',
      'Host: x',
      ...(dice(2) ? ['Authorization: Key good'] : []),
      length,
    ];
    const head = `${lines.join('\r\n')}\r\n\r\n`;
    socket.write(dice(3) ? head : head.slice(0, dice(head.length)));
    socket.write(Buffer.alloc(dice(300_000), 0x20));
    await sleep(dice(20));
    socket.destroy();
  }

  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      // A connection that another client just broke off is part of the game.
      await (dice(4) ? overGrpc() : overRest()).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
  session.destroy();
  await until(() => server.listener.stats().connections === 0 && finished.length === opened.length);
  expect(opened.length).toBeGreaterThan(300);
  expect(server.listener.stats()).toEqual({
    connections: 0,
    http2Sessions: 0,
    callsInFlight: 0,
    bytesInFlight: 0,
    waiting: 0,
  });
});
