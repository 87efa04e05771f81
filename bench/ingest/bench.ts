/**
 * Texts into an app whose base workflow does nothing: what it costs to hold an input, and whether that grows.
 *
 *   npm run bench -- ingest [--full]
 *
 * Timed until every input is downloaded and searchable by filter (status 30000), not until it is accepted.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, PostInputsRequestSchema, toBinary } from '@limpid/wire';
import { checkSuccess, openClient } from '../lib/grpc.ts';
import { figure, median, say } from '../lib/measure.ts';
import { benchOptions, startBenchPlatform } from '../lib/platform.ts';

const BATCH = 128;
const IN_FLIGHT = 4;
const MORE = 1_000;
const ROUNDS = 5;
const HELD = benchOptions().full ? 1_000_000 : 100_000;
const FILLED_WITHIN_MS = 300_000 * (HELD / 100_000);

await using platform = await startBenchPlatform();
const client = openClient(platform.url, platform.pat);
try {
  await makeApp('warm');
  await add('warm', 2_000);
  await makeApp('held');
  const { accepted, done } = await add('held', HELD, FILLED_WITHIN_MS);
  say(`${HELD.toLocaleString('en')} texts in batches of ${BATCH}, ${IN_FLIGHT} in flight:`);
  say(`  ${figure((HELD / accepted) * 1000)}/s accepted, ${figure((HELD / done) * 1000)}/s done`);
  const times = { empty: [] as number[], held: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const empty = `empty-${round}`;
    await makeApp(empty);
    times.empty.push((await add(empty, MORE)).done);
    times.held.push((await add('held', MORE)).done);
  }
  const slower = median(times.held.map((ms, round) => ms / (times.empty[round] ?? Number.NaN)));
  say(`1,000 more: ${figure(median(times.empty))} ms with none held,`);
  say(
    `  ${figure(median(times.held))} ms with ${HELD.toLocaleString('en')} held, ratio ${figure(slower)}`,
  );
  await platform.profiled('ingest', () => add('warm', 50_000));
} finally {
  client.close();
}

async function makeApp(id: string): Promise<void> {
  await platform.rest('POST', `/v2/users/${platform.userId}/apps`, {
    apps: [{ id, default_workflow: { id: 'Empty', user_id: 'clarifai', app_id: 'main' } }],
  });
}

/** Milliseconds until the last was accepted, and until the last was done. */
async function add(
  appId: string,
  count: number,
  withinMs = 60_000,
): Promise<{ accepted: number; done: number }> {
  const before = await processed(appId);
  const started = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + BATCH);
      checkSuccess(await client.call('/clarifai.api.V2/PostInputs', batch(appId, next - from)));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const accepted = performance.now() - started;
  while ((await processed(appId)) < before + count) {
    if (performance.now() - started > withinMs)
      throw new Error(`${count} inputs were not done within ${withinMs / 1000} s`);
    await sleep(20);
  }
  return { accepted, done: performance.now() - started };
}

function batch(appId: string, count: number): Buffer {
  const message = create(PostInputsRequestSchema, {
    userAppId: { userId: platform.userId, appId },
    inputs: Array.from({ length: count }, () => {
      const id = randomUUID();
      return { id, data: { text: { raw: `A sentence of usual length, known as ${id}.` } } };
    }),
  });
  return Buffer.from(toBinary(PostInputsRequestSchema, message));
}

async function processed(appId: string): Promise<number> {
  const path = `/v2/users/${platform.userId}/apps/${appId}/inputs/status`;
  const { counts } = await platform.rest('GET', path);
  if (counts.errors > 0) throw new Error(`${counts.errors} inputs failed`);
  return counts.processed ?? 0;
}
