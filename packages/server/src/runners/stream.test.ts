import { create, PostRunnerItemOutputsRequestSchema, StatusCode, StatusError } from '@limpid/wire';
import { expect, test } from 'vitest';
import { Channel } from './channel.ts';
import { defaultRunnerLimits, type RunnerStart, readStart } from './protocol.ts';
import { processRunnerItems } from './stream.ts';
import { call, createRig, ManualTimers, open, settle, startMessage } from './test-support.ts';

const limits = defaultRunnerLimits;

test('the start message says who dials in and how many items fit', () => {
  const start = create(PostRunnerItemOutputsRequestSchema, {
    userAppId: { userId: 'u' },
    computeClusterId: 'cc',
    nodepoolId: 'np',
    runnerId: 'r1',
    runnerReplicaId: 'abc',
    status: { code: StatusCode.RUNNER_STREAM_START, description: 'Success' },
  });
  const expected: RunnerStart = {
    userId: 'u',
    computeClusterId: 'cc',
    nodepoolId: 'np',
    runnerId: 'r1',
    replicaId: 'abc',
    control: false,
    inFlight: undefined,
  };
  expect(readStart(start, limits)).toEqual(expected);
  expect(readStart({ ...start, runnerId: 'control-r1' }, limits)).toMatchObject({
    runnerId: 'r1',
    control: true,
  });
});

test.each([
  ['in_flight=32', 32],
  ['in_flight=0', 1],
  ['in_flight=999999', limits.maxInFlight],
  ['in_flight=-1', undefined],
  ['something else', undefined],
])('%s means %s items', (details, inFlight) => {
  const message = startMessage({});
  if (message.status) message.status.details = details;
  expect(readStart(message, limits).inFlight).toBe(inFlight);
});

test.each([
  ['no start', create(PostRunnerItemOutputsRequestSchema, { runnerId: 'r' }), 25603],
  ['no id', startMessage({ runnerId: '' }), 25602],
  ['no id behind the prefix', startMessage({ runnerId: '', control: true }), 25602],
])('%s: refused in the pipeline', async (_, first, code) => {
  const rig = createRig();
  const stream = await open(rig, { first });
  expect(stream.ended).toBeInstanceOf(StatusError);
  expect((stream.ended as StatusError).code).toBe(code);
  expect(rig.dispatcher.stats()).toEqual([]);
});

function serve(requests: Channel<ReturnType<typeof startMessage>>, signal: AbortSignal) {
  const rig = createRig();
  const responses = processRunnerItems(requests, {
    dispatcher: rig.dispatcher,
    identify: () => Promise.reject(new StatusError(11101)),
    signal,
    timers: rig.timers,
    limits: { startMs: 5000 },
  });
  const ended = responses[Symbol.asyncIterator]()
    .next()
    .then(
      ({ done }) => done,
      (error: StatusError) => error.code,
    );
  return { rig, ended };
}

test('a runner that is not the caller’s is refused', async () => {
  const requests = new Channel<ReturnType<typeof startMessage>>();
  requests.push(startMessage({}));
  const { ended, rig } = serve(requests, new AbortController().signal);
  expect(await ended).toBe(11101);
  expect(rig.dispatcher.stats()).toEqual([]);
});

test('a stream that says nothing is not waited for', async () => {
  const { ended, rig } = serve(new Channel(), new AbortController().signal);
  await rig.timers.advance(5000);
  expect(await ended).toBe(40032);
});

test('a stream that ends before it starts ends', async () => {
  const requests = new Channel<ReturnType<typeof startMessage>>();
  requests.close();
  expect(await serve(requests, new AbortController().signal).ended).toBe(true);
});

test('a connection that breaks leaves nothing behind', async () => {
  const rig = createRig();
  const streams = [
    await open(rig),
    await open(rig, { inFlight: 4 }),
    await open(rig, { control: true }),
  ];
  expect(rig.dispatcher.stats()).toHaveLength(1);
  for (const stream of streams) await stream.break();
  expect(rig.dispatcher.stats()).toEqual([]);
  expect(rig.timers.pending).toBe(0);
  expect(streams.map(({ ended }) => ended)).toEqual(['end', 'end', 'end']);
});

test('a runner that hangs up while idle is gone', async () => {
  const rig = createRig();
  const streams = [await open(rig), await open(rig, { control: true })];
  for (const stream of streams) await stream.halfClose();
  expect(streams.map(({ ended }) => ended)).toEqual(['end', 'end']);
  expect(rig.dispatcher.stats()).toEqual([]);
  await call(rig);
  expect(streams[0]?.work).toEqual([]);
});

test('time by hand runs what is due, in order', async () => {
  const timers = new ManualTimers();
  const ran: string[] = [];
  timers.after(20, () => ran.push('b'));
  timers.after(10, () => ran.push('a'));
  timers.after(15, () => ran.push('never'))();
  await timers.advance(20);
  await settle();
  expect(ran).toEqual(['a', 'b']);
});
