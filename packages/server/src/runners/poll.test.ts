import {
  create,
  type PostRunnerItemOutputsRequest,
  PostRunnerItemOutputsRequestSchema,
  StatusCode,
} from '@limpid/wire';
import { expect, test } from 'vitest';
import { createRunnerPolls } from './poll.ts';
import { answer, Caller, call, createRig, settle } from './test-support.ts';

function outputsOf(itemId: string, text: string): PostRunnerItemOutputsRequest {
  return create(PostRunnerItemOutputsRequestSchema, {
    runnerItemId: itemId,
    runnerItemOutputs: [{ response: { case: 'multiOutputResponse', value: answer(text) } }],
  });
}

function pollRig() {
  const rig = createRig({ pollMs: 20_000 });
  const polls = createRunnerPolls({ ...rig, limits: rig.limits });
  return { ...rig, polls, gone: new AbortController() };
}

test('a poll without work is told to ask again', async () => {
  const { polls, timers, dispatcher, gone } = pollRig();
  const poll = polls.poll('r', gone.signal);
  await timers.advance(20_000);
  const { status, runnerItems } = await poll;
  expect([status?.code, runnerItems]).toEqual([StatusCode.RUNNER_NEEDS_RETRY, []]);
  expect(dispatcher.stats()).toEqual([]);
});

test('a poll brings an item, another request its outputs', async () => {
  const rig = pollRig();
  const poll = rig.polls.poll('r', rig.gone.signal);
  const caller = await call(rig, { text: 'x' });
  const itemId = (await poll).runnerItems[0]?.id ?? '';
  expect(() => rig.polls.deliver('other', outputsOf(itemId, 'forged'))).toThrow(/11101/);
  rig.polls.deliver('r', outputsOf(itemId, 'y'));
  await settle();
  expect(caller).toMatchObject({ got: ['y'], ended: 'end' });
  expect(() => rig.polls.deliver('r', outputsOf(itemId, 'again'))).toThrow(/11101/);
  expect(rig.dispatcher.stats()).toEqual([]);
});

test('an item that was already waiting is brought at once', async () => {
  const rig = pollRig();
  await call(rig);
  const { runnerItems } = await rig.polls.poll('r', rig.gone.signal);
  expect(runnerItems).toHaveLength(1);
});

test('streamed answers don’t fit into polls', async () => {
  const rig = pollRig();
  await call(rig, { kind: 'generate' });
  const poll = rig.polls.poll('r', rig.gone.signal);
  await call(rig);
  expect((await poll).runnerItems[0]?.processingInfo?.runnerMethodType).toBe(1);
  expect(rig.dispatcher.statsOf('r').queued).toBe(1);
});

test('a runner that hangs up loses the poll, and the item it was given', async () => {
  const rig = pollRig();
  const idle = rig.polls.poll('r', rig.gone.signal);
  rig.gone.abort();
  expect((await idle).status?.code).toBe(StatusCode.RUNNER_NEEDS_RETRY);
  const caller = await call(rig);
  const broken = new AbortController();
  const given = rig.polls.poll('r', broken.signal);
  await settle();
  broken.abort();
  await given;
  await rig.timers.advance(0);
  const { runnerItems } = await rig.polls.poll('r', new AbortController().signal);
  rig.polls.deliver('r', outputsOf(runnerItems[0]?.id ?? '', 'second try'));
  await settle();
  expect(caller.got).toEqual(['second try']);
});

test('a cancelled item is not delivered', async () => {
  const rig = pollRig();
  const poll = rig.polls.poll('r', rig.gone.signal);
  const caller = await call(rig);
  const itemId = (await poll).runnerItems[0]?.id ?? '';
  await caller.leave();
  expect(() => rig.polls.deliver('r', outputsOf(itemId, 'late'))).toThrow(/11101/);
  expect(rig.dispatcher.stats()).toEqual([]);
});

test('an item that is cancelled on its way to the poll is not given out', async () => {
  const rig = pollRig();
  const poll = rig.polls.poll('r', rig.gone.signal);
  await new Caller(rig).leave();
  expect((await poll).status?.code).toBe(StatusCode.RUNNER_NEEDS_RETRY);
  expect(rig.dispatcher.stats()).toEqual([]);
});
