// Cancellation, loss, and everything after which a slot must not be trusted.
import { getEventListeners } from 'node:events';
import { type PostModelOutputsRequest, StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { Channel } from './channel.ts';
import { answer, call, createRig, open, request, settle } from './test-support.ts';

const { RUNNER_ITEM_CANCELLED, RUNNER_STREAM_END, RUNNER_NEEDS_RETRY } = StatusCode;

test('a caller who leaves the queue is forgotten', async () => {
  const rig = createRig();
  const caller = await call(rig);
  await caller.leave();
  expect(rig.dispatcher.stats()).toEqual([]);
  const stream = await open(rig);
  expect(stream.work).toEqual([]);
});

test('a caller who leaves an item at work: control and work stream are told, the stream is ended', async () => {
  const rig = createRig();
  const control = await open(rig, { control: true });
  const elsewhere = await open(rig, { control: true, replicaId: 'other' });
  const stream = await open(rig);
  const caller = await call(rig, { kind: 'generate' });
  await stream.output('one');
  await caller.leave();
  for (const told of [control, stream]) {
    const item = told.items.at(-1);
    expect(item?.id).toBe(stream.itemId());
    expect(item?.processingInfo?.status?.code).toBe(RUNNER_ITEM_CANCELLED);
  }
  expect(elsewhere.received).toEqual([]);
  expect(stream.ended).toBe('end');
  expect(caller).toMatchObject({ got: ['one'], ended: { code: 40035 } });
  expect(rig.events.at(-1)).toMatchObject({ type: 'disconnected' });
  expect(rig.events.at(-2)).toMatchObject({ type: 'ended', outcome: 'cancelled' });
});

test('leaving by no longer iterating counts as leaving', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const outputs = rig.dispatcher.submit(
    { runnerKeys: ['r'], mayCome: true },
    { kind: 'generate', request: request(), signal: new AbortController().signal },
  );
  await settle();
  await stream.output('one');
  for await (const _ of outputs) break;
  await settle();
  expect(stream.codes.at(-1)).toBe(RUNNER_ITEM_CANCELLED);
});

test('an answered request can be left without a cancellation', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const caller = await call(rig);
  await stream.output('done');
  await caller.leave();
  expect(stream.codes).toEqual([10000]);
  expect(stream.ended).toBeUndefined();
});

test('the slot of a cancelled item on a shared stream is free when the runner says so', async () => {
  const rig = createRig();
  const stream = await open(rig, { inFlight: 1 });
  const caller = await call(rig, { text: 'left' });
  await caller.leave();
  await call(rig, { text: 'next' });
  await stream.output('too late', stream.itemId(0));
  expect(stream.texts).toEqual(['left']);
  await stream.say(RUNNER_STREAM_END, stream.itemId(0));
  expect(stream.texts).toEqual(['left', 'next']);
});

test('a lost item runs once more elsewhere, under a new id, before those who wait', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const caller = await call(rig, { text: 'mine' });
  await call(rig, { text: 'later' });
  await stream.break();
  const next = await open(rig);
  expect(next.texts).toEqual(['mine']);
  expect(next.itemId()).not.toBe(stream.itemId());
  await next.output('saved');
  expect(caller).toMatchObject({ got: ['saved'], ended: 'end' });
});

test('a process that dies takes its idle streams along before the item tries again', async () => {
  const rig = createRig({ retryDelayMs: 100 });
  const dying = [await open(rig), await open(rig)];
  const caller = await call(rig);
  for (const stream of dying) {
    await stream.break();
    await rig.timers.advance(40);
  }
  const next = await open(rig, { replicaId: 'new' });
  expect([next.work.length, rig.dispatcher.statsOf('r').queued]).toEqual([0, 0]);
  await rig.timers.advance(20);
  await next.output('saved');
  expect(caller.got).toEqual(['saved']);
});

test('a caller who leaves before the next attempt is forgotten', async () => {
  const rig = createRig({ retryDelayMs: 100 });
  const stream = await open(rig);
  const caller = await call(rig);
  await stream.break();
  await caller.leave();
  const next = await open(rig);
  await rig.timers.advance(100);
  expect(next.work).toEqual([]);
});

test('a second loss is the end', async () => {
  const rig = createRig();
  const caller = await call(rig);
  for (let n = 0; n < 2; n += 1) await (await open(rig)).break();
  expect(caller.ended).toEqual({
    code: 25608,
    details: 'the connection to the runner was lost',
  });
});

test('what the caller has seen is not computed twice', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const idle = await open(rig);
  const caller = await call(rig, { kind: 'generate' });
  await stream.output('one');
  await stream.break();
  expect(caller).toMatchObject({ got: ['one'], ended: { code: 25608 } });
  expect(idle.work).toEqual([]);
});

test('a broken connection that shows itself as an end is no end', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const caller = await call(rig, { kind: 'generate' });
  await stream.output('half of it');
  await stream.break('end');
  expect(caller.code).toBe(25608);
});

test('a lost stream of requests runs again only if no later request was used up', async () => {
  const rig = createRig();
  const more = new Channel<PostModelOutputsRequest>();
  const caller = await call(rig, { kind: 'stream', text: 'a', more });
  await (await open(rig)).break();
  more.push(request('b'));
  await settle();
  const second = await open(rig);
  expect(second.texts).toEqual(['a', 'b']);
  await second.break();
  expect(caller.code).toBe(25608);
});

test('a lost stream that has used up a later request is not run again', async () => {
  const rig = createRig();
  const more = new Channel<PostModelOutputsRequest>();
  const stream = await open(rig);
  const caller = await call(rig, { kind: 'stream', more });
  more.push(request('b'));
  await settle();
  await stream.break();
  expect(caller.code).toBe(25608);
});

test('what a line says after its loss does not touch the next attempt', async () => {
  const rig = createRig();
  const given: string[] = [];
  const line = {
    runnerKey: 'r',
    replicaId: 'x',
    slots: 1,
    accepts: () => true,
    start: ({ id }: { readonly id: string }) => given.push(id),
    send: () => Promise.resolve(),
    endInput: () => {},
    cancel: () => {},
    close: () => {},
  };
  const first = rig.dispatcher.attach(line);
  const caller = await call(rig, { kind: 'generate' });
  first.lost();
  rig.dispatcher.attach(line);
  await rig.timers.advance(0);
  expect(given).toHaveLength(2);
  expect(first.output(given[0] ?? '', answer('late'))).toBe('unknown');
  first.finish(given[0] ?? '');
  await settle();
  expect(caller).toMatchObject({ got: [], ended: 'open' });
});

test('nothing stays on a caller’s signal, which may outlive the request', async () => {
  const rig = createRig();
  const { signal } = new AbortController();
  const stream = await open(rig);
  const promise = rig.dispatcher.predict(
    { runnerKeys: ['r'], mayCome: true },
    { request: request(), signal },
  );
  await settle();
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await stream.output('x');
  await promise;
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('a lost stream whose requests had ended is ended again', async () => {
  const rig = createRig();
  const more = new Channel<PostModelOutputsRequest>();
  more.close();
  await call(rig, { kind: 'stream', more });
  await (await open(rig)).break();
  const again = await open(rig);
  expect(again.codes).toEqual([10000, RUNNER_STREAM_END]);
});

test('a caller whose own stream breaks cancels the item', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const more = new Channel<PostModelOutputsRequest>();
  const caller = await call(rig, { kind: 'stream', more });
  more.fail(Object.assign(new Error('bad frame'), { code: 11100, details: 'bad frame' }));
  await settle();
  expect(caller.code).toBe(11100);
  expect(stream.codes.at(-1)).toBe(RUNNER_ITEM_CANCELLED);
});

test('the items of a lost shared stream are judged one by one', async () => {
  const rig = createRig();
  const stream = await open(rig, { inFlight: 3 });
  const begun = await call(rig, { kind: 'generate' });
  const fresh = await call(rig, { text: 'fresh' });
  const left = await call(rig);
  await stream.output('x', stream.itemId(0));
  await left.leave();
  await stream.break();
  expect(begun.code).toBe(25608);
  const next = await open(rig, { inFlight: 3 });
  expect(next.texts).toEqual(['fresh']);
  await next.output('y');
  expect(fresh.got).toEqual(['y']);
});

test('a lost item waits anew, and is refused when no runner comes back', async () => {
  const rig = createRig({ holdMs: 1000 });
  const stream = await open(rig);
  const caller = await call(rig);
  await rig.timers.advance(5000);
  await stream.break();
  await rig.timers.advance(999);
  expect(caller.ended).toBe('open');
  await rig.timers.advance(1);
  expect(caller.code).toBe(21351);
});

test('an end without an answer is a failure, without a retry', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const caller = await call(rig);
  await stream.halfClose();
  expect(caller.ended).toEqual({
    code: 25608,
    details: 'the runner ended the request without an answer',
  });
});

test('a failure that stands in the message alone becomes the answer', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const promise = rig.dispatcher.predict(
    { runnerKeys: ['r'], mayCome: true },
    { request: request(), signal: new AbortController().signal },
  );
  await settle();
  await stream.say(StatusCode.RUNNER_PROCESSING_FAILED, '');
  expect((await promise).status?.code).toBe(25608);
});

test.each([undefined, 2])(
  'a runner that answers what it was not given is hung up on',
  async (inFlight) => {
    const rig = createRig();
    const stream = await open(rig, inFlight === undefined ? {} : { inFlight });
    const caller = await call(rig);
    await stream.say(StatusCode.SUCCESS, 'item-of-another', answer('forged'));
    expect(stream.ended).toBe('end');
    expect(caller).toMatchObject({ got: [], ended: 'open' });
    await rig.timers.advance(0);
    const next = await open(rig);
    await next.output('true');
    expect(caller.got).toEqual(['true']);
  },
);

test('an idle one-item stream is recycled, one at work is not', async () => {
  const rig = createRig({ idleMs: 40_000 });
  const idle = await open(rig);
  await rig.timers.advance(40_000);
  expect(idle).toMatchObject({ codes: [RUNNER_NEEDS_RETRY], ended: 'end' });
  const busy = await open(rig);
  const caller = await call(rig, { kind: 'generate' });
  const shared = await open(rig, { inFlight: 4, replicaId: 'ours' });
  await rig.timers.advance(400_000);
  await busy.output('x');
  expect(caller.got).toEqual(['x']);
  expect(shared.codes).toEqual([StatusCode.RUNNER_STREAM_START]);
});

test('a runner that takes nothing more ends what it has', async () => {
  const rig = createRig();
  const stream = await open(rig, { inFlight: 2 });
  const caller = await call(rig, { text: 'a' });
  await stream.say(RUNNER_STREAM_END, '');
  await call(rig, { text: 'b' });
  expect(stream.texts).toEqual(['a']);
  expect(stream.codes.at(-1)).toBe(RUNNER_STREAM_END);
  await stream.say(RUNNER_STREAM_END, stream.itemId(), answer('last'));
  expect(caller).toMatchObject({ got: ['last'], ended: 'end' });
  expect(rig.dispatcher.statsOf('r')).toMatchObject({ slots: 0, inFlight: 0, queued: 1 });
  await stream.halfClose();
  expect(stream.ended).toBe('end');
});

test('draining ends what runs and waits, refuses what is new, and then sends everybody away', async () => {
  const rig = createRig();
  const control = await open(rig, { control: true });
  const stream = await open(rig);
  const running = await call(rig);
  const waiting = await call(rig);
  let drained = false;
  const done = rig.dispatcher.drain().then(() => {
    drained = true;
  });
  expect((await call(rig)).code).toBe(21354);
  await stream.output('one');
  await stream.halfClose();
  const next = await open(rig);
  await settle();
  expect([running.got, drained]).toEqual([['one'], false]);
  await next.output('two');
  await done;
  expect(waiting.got).toEqual(['two']);
  await settle();
  expect([next.ended, control.ended]).toEqual(['end', 'end']);
  expect(next.codes.at(-1)).toBe(RUNNER_NEEDS_RETRY);
  expect(rig.dispatcher.stats()).toEqual([]);
});

test('draining gives up when it is told to', async () => {
  const rig = createRig();
  const stream = await open(rig);
  const running = await call(rig);
  const waiting = await call(rig);
  await rig.dispatcher.drain(AbortSignal.abort());
  await settle();
  expect([running.code, waiting.code]).toEqual([21354, 21354]);
  expect(stream.ended).toBe('end');
});

test('a deleted runner is told so and its work looks elsewhere', async () => {
  const rig = createRig();
  const idle = await open(rig, { runnerId: 'a' });
  const shared = await open(rig, { runnerId: 'a', inFlight: 1, replicaId: 'z' });
  for (const text of ['1', '2']) await call(rig, { keys: ['a', 'b'], text });
  rig.dispatcher.disconnect('a');
  await rig.timers.advance(0);
  expect([idle.codes.at(-1), shared.codes.at(-1)]).toEqual([11101, 11101]);
  const other = await open(rig, { runnerId: 'b', inFlight: 9 });
  expect(other.texts.sort()).toEqual(['1', '2']);
});
