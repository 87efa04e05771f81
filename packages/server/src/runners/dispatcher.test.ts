import { type PostModelOutputsRequest, StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { Channel } from './channel.ts';
import { call, createRig, open, request, settle, textOf } from './test-support.ts';

const target = { runnerKeys: ['r'], mayCome: true };
const { signal } = new AbortController();

test('a unary request goes through untouched and its answer comes back', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const sent = request('hello');
  const promise = rig.dispatcher.predict(target, {
    request: sent,
    signal,
    reqId: 'req-1',
    userId: 'ann',
  });
  await settle();
  const [item] = stream.work;
  expect(item?.request.value).toBe(sent);
  expect(item?.processingInfo?.runnerMethodType).toBe(1);
  expect(item?.metadata?.userId).toBe('ann');
  expect(stream.received[0]?.status).toMatchObject({ code: 10000, reqId: 'req-1' });
  await stream.output('HELLO');
  expect(textOf(await promise)).toBe('HELLO');
  await stream.halfClose();
  expect(stream.ended).toBe('end');
  expect(rig.dispatcher.stats()).toEqual([]);
});

test('outputs of a generate reach the caller in order, until the runner half-closes', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const caller = await call(rig, { kind: 'generate' });
  expect(stream.work[0]?.processingInfo?.runnerMethodType).toBe(2);
  for (const text of ['one', 'two', 'three']) await stream.output(text);
  expect(caller).toMatchObject({ got: ['one', 'two', 'three'], ended: 'open' });
  await stream.halfClose();
  expect(caller.ended).toBe('end');
});

test('a stream of requests becomes items of one id and ends with RUNNER_STREAM_END', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const more = new Channel<PostModelOutputsRequest>();
  const caller = await call(rig, { kind: 'stream', text: 'a', more });
  more.push(request('b'));
  await settle();
  expect(stream.texts).toEqual(['a', 'b']);
  expect(new Set(stream.work.map(({ id }) => id)).size).toBe(1);
  expect(stream.work[1]?.processingInfo?.runnerMethodType).toBe(4);
  more.close();
  await settle();
  expect(stream.codes.at(-1)).toBe(StatusCode.RUNNER_STREAM_END);
  await stream.output('total');
  await stream.halfClose();
  expect(caller).toMatchObject({ got: ['total'], ended: 'end' });
});

test('a one-item stream is never given a second item', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const first = await call(rig);
  const second = await call(rig);
  await stream.output('x');
  expect(first.ended).toBe('end');
  await stream.halfClose();
  expect(stream.work).toHaveLength(1);
  expect(second.ended).toBe('open');
  const next = await open(rig);
  expect(next.work).toHaveLength(1);
});

test('a shared stream carries many items at once and mixes nothing up', async () => {
  const rig = createRig();
  const stream = await open(rig, { inFlight: 2 });
  expect(stream.codes).toEqual([StatusCode.RUNNER_STREAM_START]);
  const callers = [
    await call(rig, { text: 'a' }),
    await call(rig, { kind: 'generate', text: 'b' }),
    await call(rig, { text: 'c' }),
  ];
  expect(stream.texts).toEqual(['a', 'b']);
  await stream.output('b1', stream.itemId(1));
  await stream.output('a1', stream.itemId(0));
  expect(callers.map(({ got }) => got)).toEqual([['a1'], ['b1'], []]);
  expect(stream.texts).toHaveLength(2);
  await stream.say(StatusCode.RUNNER_STREAM_END, stream.itemId(0));
  expect(stream.texts).toEqual(['a', 'b', 'c']);
  await stream.say(StatusCode.RUNNER_STREAM_END, stream.itemId(1));
  await stream.output('c1', stream.itemId(2));
  expect(callers.map(({ ended }) => ended)).toEqual(['end', 'end', 'end']);
});

test('the preferred runner is used while it has a slot, then the next', async () => {
  const rig = createRig();
  const second = await open(rig, { runnerId: 'b', inFlight: 9 });
  const first = await open(rig, { runnerId: 'a', inFlight: 1 });
  for (const text of ['1', '2']) await call(rig, { keys: ['a', 'b'], text });
  expect([first.texts, second.texts]).toEqual([['1'], ['2']]);
});

test('a request that waits for two runners goes to the one that is free first, once', async () => {
  const rig = createRig();
  const caller = await call(rig, { keys: ['a', 'b'] });
  const b = await open(rig, { runnerId: 'b' });
  const a = await open(rig, { runnerId: 'a' });
  expect([a.work.length, b.work.length]).toEqual([0, 1]);
  await b.output('from b');
  expect(caller.got).toEqual(['from b']);
});

test('replicas of a runner share the load', async () => {
  const rig = createRig();
  const replicas = [
    await open(rig, { replicaId: 'x', inFlight: 4 }),
    await open(rig, { replicaId: 'y', inFlight: 8 }),
  ];
  for (let n = 0; n < 6; n += 1) await call(rig);
  expect(replicas.map(({ work }) => work.length)).toEqual([2, 4]);
});

test('users take turns in the queue', async () => {
  const rig = createRig();
  for (const [userId, text] of ['a1', 'a2', 'a3', 'b1', 'b2'].map((t) => [t.charAt(0), t])) {
    await call(rig, { ...(userId ? { userId } : {}), ...(text ? { text } : {}) });
  }
  const served: (string | undefined)[] = [];
  for (let n = 0; n < 5; n += 1) {
    const stream = await open(rig);
    served.push(stream.texts[0]);
    await stream.output('done');
    await stream.halfClose();
  }
  expect(served).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
});

test('the queue is bounded, as a whole and for each user', async () => {
  const rig = createRig({ queuePerRunner: 3, queuePerGroup: 2 });
  const waiting = [await call(rig, { userId: 'a' }), await call(rig, { userId: 'a' })];
  expect((await call(rig, { userId: 'a' })).code).toBe(21354);
  waiting.push(await call(rig, { userId: 'b' }));
  expect((await call(rig, { userId: 'c' })).code).toBe(21354);
  expect(waiting.map(({ ended }) => ended)).toEqual(['open', 'open', 'open']);
  expect(rig.dispatcher.statsOf('r').queued).toBe(3);
});

test('a slot is free for whoever does not have to wait, however full the queues of others are', async () => {
  const rig = createRig({ queuePerRunner: 0 });
  const stream = await open(rig);
  await call(rig, { text: 'served' });
  expect(stream.texts).toEqual(['served']);
  expect((await call(rig)).code).toBe(21354);
});

test('a request is held for a runner that is starting', async () => {
  const rig = createRig({ holdMs: 1000, queueMs: 5000 });
  const caller = await call(rig);
  await rig.timers.advance(900);
  const stream = await open(rig);
  await stream.output('here');
  expect(caller.got).toEqual(['here']);
});

test('nobody came: deploying; everybody busy: busy', async () => {
  const rig = createRig({ holdMs: 1000, queueMs: 5000 });
  const alone = await call(rig);
  await rig.timers.advance(999);
  expect(alone.ended).toBe('open');
  await rig.timers.advance(1);
  expect(alone.code).toBe(21351);
  await open(rig);
  await call(rig);
  const waiting = await call(rig);
  await rig.timers.advance(4999);
  expect(waiting.ended).toBe('open');
  await rig.timers.advance(1);
  expect(waiting.code).toBe(21354);
  expect(rig.dispatcher.statsOf('r').queued).toBe(0);
});

test('only where waiting can help is the caller told to wait', async () => {
  const rig = createRig();
  expect((await call(rig, { mayCome: false })).code).toBe(21353);
  expect((await call(rig, { keys: [] })).code).toBe(21351);
  const stream = await open(rig);
  await call(rig, { mayCome: false });
  expect(stream.work).toHaveLength(1);
});

test('an item may not run for ever', async () => {
  const rig = createRig({ itemMs: 60_000 });
  const stream = await open(rig);
  const caller = await call(rig, { kind: 'generate' });
  await stream.output('still');
  await rig.timers.advance(60_000);
  expect(caller).toMatchObject({
    got: ['still'],
    ended: { code: 25608, details: 'the model did not finish within 60 s' },
  });
  expect(stream.codes.at(-1)).toBe(StatusCode.RUNNER_ITEM_CANCELLED);
});

test('a caller who reads slowly holds a one-item stream back', async () => {
  const rig = createRig({ bufferedOutputs: 4 });
  const stream = await open(rig);
  await call(rig, { kind: 'generate', read: false });
  for (let n = 0; n < 10; n += 1) void stream.output(String(n));
  await settle();
  expect(stream.unread).toBe(6);
});

test('a caller who reads too slowly loses an item of a shared stream, and nobody else', async () => {
  const rig = createRig({ maxBufferedOutputs: 4 });
  const stream = await open(rig, { inFlight: 2 });
  await call(rig, { kind: 'generate', read: false });
  const other = await call(rig);
  for (let n = 0; n < 5; n += 1) await stream.output(String(n), stream.itemId(0));
  expect(stream.codes.at(-1)).toBe(StatusCode.RUNNER_ITEM_CANCELLED);
  await stream.output('fine', stream.itemId(1));
  expect(other.got).toEqual(['fine']);
});

test('what happens is told once', async () => {
  const rig = createRig({ holdMs: 500 });
  await call(rig, { keys: ['nobody'] });
  await rig.timers.advance(500);
  const stream = await open(rig);
  await call(rig);
  await rig.timers.advance(20);
  await stream.output('x');
  await stream.halfClose();
  expect(rig.events).toEqual([
    { type: 'refused', code: 21351, runnerKeys: ['nobody'] },
    { type: 'connected', runnerKey: 'r' },
    { type: 'started', runnerKey: 'r', kind: 'unary', waitedMs: 0 },
    {
      type: 'ended',
      runnerKey: 'r',
      kind: 'unary',
      ranMs: 20,
      outputs: 1,
      outcome: 'answered',
    },
    { type: 'disconnected', runnerKey: 'r' },
  ]);
});

test('the figures follow', async () => {
  const rig = createRig();
  await open(rig, { replicaId: 'x', inFlight: 2 });
  const one = await open(rig, { replicaId: 'y' });
  for (let n = 0; n < 5; n += 1) await call(rig);
  const figures = { runnerKey: 'r', replicas: 2, streams: 2, slots: 3, inFlight: 3, queued: 2 };
  expect(rig.dispatcher.stats()).toEqual([figures]);
  await one.break();
  // Its item waits again, before the others.
  expect(rig.dispatcher.statsOf('r')).toEqual({
    ...figures,
    replicas: 1,
    streams: 1,
    slots: 2,
    inFlight: 2,
    queued: 3,
  });
  expect(rig.dispatcher.statsOf('unknown')).toMatchObject({ streams: 0, queued: 0 });
});
