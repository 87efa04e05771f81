/**
 * Texts into an app whose base workflow does nothing: what it costs to hold an input, and whether that grows.
 *
 *   npm run bench -- ingest [--full]
 *
 * Timed until every batch is done (status 30000), not until it is accepted.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, PostInputsRequestSchema, StatusCode, toBinary } from '@limpid/wire';
import { checkSuccess, openClient } from '../lib/grpc.ts';
import { figure, median, say } from '../lib/measure.ts';
import { benchOptions, startBenchPlatform } from '../lib/platform.ts';

const BATCH = 128;
const IN_FLIGHT = 4;
const MORE = 1_000;
const ROUNDS = 5;
const WAITING: readonly number[] = [
  StatusCode.INPUT_DOWNLOAD_PENDING,
  StatusCode.INPUT_DOWNLOAD_IN_PROGRESS,
];
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
  const started = performance.now();
  const last: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const ids = Array.from({ length: Math.min(BATCH, count - next) }, () => randomUUID());
      next += ids.length;
      last.push(ids.at(-1) ?? '');
      checkSuccess(await client.call('/clarifai.api.V2/PostInputs', batch(appId, ids)));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const accepted = performance.now() - started;
  // One input of each batch: asking for the counts of the app would itself cost more the more it holds.
  for (const id of last) await untilDone(appId, id, started + withinMs);
  return { accepted, done: performance.now() - started };
}

function batch(appId: string, ids: readonly string[]): Buffer {
  const message = create(PostInputsRequestSchema, {
    userAppId: { userId: platform.userId, appId },
    inputs: ids.map((id) => ({
      id,
      data: { text: { raw: `A sentence of usual length, known as ${id}.` } },
    })),
  });
  return Buffer.from(toBinary(PostInputsRequestSchema, message));
}

async function untilDone(appId: string, id: string, until: number): Promise<void> {
  const path = `/v2/users/${platform.userId}/apps/${appId}/inputs/${id}`;
  for (;;) {
    const { code, description } = (await platform.rest('GET', path)).input.status;
    if (code === StatusCode.INPUT_DOWNLOAD_SUCCESS) return;
    if (!WAITING.includes(code)) throw new Error(`input ${id}: ${code} ${description}`);
    if (performance.now() > until) throw new Error(`input ${id} is still ${code} ${description}`);
    await sleep(10);
  }
}
