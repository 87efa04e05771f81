/**
 * A prediction that costs the model nothing, through the platform and through a relay that only relays.
 *
 *   npm run bench -- relay [--profile folder]
 *
 * Clients and runner are the same code for both; the runner is a process of its own, and so is each server.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { create, PostModelOutputsRequestSchema, toBinary, toJson } from '@limpid/wire';
import { type BytesClient, checkSuccess, openClient } from '../lib/grpc.ts';
import { alternate, figure, median, rateOf, ratio, type Subject, say } from '../lib/measure.ts';
import { type BenchPlatform, benchOptions, startBenchPlatform } from '../lib/platform.ts';
import type { RunnerPlace } from './runner.ts';

const IN_FLIGHT = 32;
const ROUNDS = 7;
const MS = 2_000;
const BATCHES = [1, 128];
const PROFILE_MS = 30_000;
const PREDICT = '/clarifai.api.V2/PostModelOutputs';

interface Bare {
  readonly grpc: number;
  readonly http: number;
}

await using platform = await startBenchPlatform();
const children: ChildProcess[] = [];
const clients: BytesClient[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
try {
  const place = await makeRunner(platform);
  const bare = (await startChild('bare.ts')) as Bare;
  const ownCodec = (await startChild('bare.ts', { ownCodec: true })) as Bare;
  const [bareUrl, ownUrl] = [bare, ownCodec].map(({ grpc }) => `http://127.0.0.1:${grpc}`) as [
    string,
    string,
  ];
  await startChild('runner.ts', { ...place, baseUrl: bareUrl });
  await startChild('runner.ts', { ...place, baseUrl: ownUrl });
  await startChild('runner.ts', place);
  const toPlatform = openClient(platform.url, platform.pat);
  const toBare = openClient(bareUrl, platform.pat);
  const toOwn = openClient(ownUrl, platform.pat);
  clients.push(toPlatform, toBare, toOwn);
  for (const count of BATCHES) {
    const message = requestFor(platform.userId, count);
    const bytes = Buffer.from(toBinary(PostModelOutputsRequestSchema, message));
    const json = JSON.stringify(toJson(PostModelOutputsRequestSchema, message));
    const rest = `${platform.url}/v2/users/${platform.userId}/apps/bench/models/echo/outputs`;
    const subjects = [
      subject('platform', () => predictOn(toPlatform, bytes)),
      subject('relay', () => predictOn(toBare, bytes)),
      subject('relay, own codec', () => predictOn(toOwn, bytes)),
      subject('grpc echo', () => toBare.call('/bench.Echo/Echo', bytes)),
      subject('platform REST', () => post(rest, json)),
      subject('fastify echo', () => post(`http://127.0.0.1:${bare.http}/echo`, json)),
    ];
    // A profiled platform is slower: either ratios or profiles.
    if (benchOptions().profile) {
      await platform.profiled(`predictions, ${count} inputs a call`, () =>
        rateOf(() => predictOn(toPlatform, bytes), { inFlight: IN_FLIGHT, ms: PROFILE_MS }),
      );
    } else report(count, await alternate(subjects, ROUNDS));
  }
} finally {
  for (const client of clients) client.close();
  for (const child of children) child.disconnect();
  agent.destroy();
}

function subject(name: string, call: () => Promise<unknown>): Subject {
  return { name, rate: () => rateOf(call, { inFlight: IN_FLIGHT, ms: MS }) };
}

function report(count: number, rates: ReadonlyMap<string, readonly number[]>): void {
  const of = (a: string, b: string): string => figure(ratio(rates.get(a), rates.get(b)));
  say(`${count} ${count === 1 ? 'input' : 'inputs'} a call, ${IN_FLIGHT} in flight, calls/s:`);
  say(`  ${[...rates].map(([name, some]) => `${name} ${figure(median(some))}`).join(', ')}`);
  say(`  platform / relay ${of('platform', 'relay')} (goal 0.75)`);
  say(`  platform / relay with the platform's codec ${of('platform', 'relay, own codec')}`);
  say(`  platform / grpc echo ${of('platform', 'grpc echo')}`);
  say(`  platform REST / fastify echo ${of('platform REST', 'fastify echo')}`);
}

async function predictOn(client: BytesClient, bytes: Buffer): Promise<void> {
  checkSuccess(await client.call(PREDICT, bytes));
}

function post(url: string, body: string): Promise<void> {
  const headers = {
    authorization: `Key ${platform.pat}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url}: HTTP ${response.statusCode}`));
      });
      response.resume();
    });
    request.on('error', reject).end(body);
  });
}

function requestFor(userId: string, count: number) {
  return create(PostModelOutputsRequestSchema, {
    userAppId: { userId, appId: 'bench' },
    modelId: 'echo',
    inputs: Array.from({ length: count }, (_, i) => ({
      id: `input-${i}`,
      data: { text: { raw: `A sentence of usual length, number ${i}, to be classified.` } },
    })),
  });
}

/** The rows that a runner needs; where it is to say it runs. */
async function makeRunner({ rest, url, pat, userId }: BenchPlatform): Promise<RunnerPlace> {
  const user = `/v2/users/${userId}`;
  const model = { id: 'echo', user_id: userId, app_id: 'bench' };
  await rest('POST', `${user}/apps`, { apps: [{ id: 'bench' }] });
  await rest('POST', `${user}/compute_clusters`, { compute_clusters: [{ id: 'cc' }] });
  await rest('POST', `${user}/compute_clusters/cc/nodepools`, { nodepools: [{ id: 'np' }] });
  await rest('POST', `${user}/apps/bench/models`, {
    models: [{ id: 'echo', model_type_id: 'any-to-any' }],
  });
  const made = await rest('POST', `${user}/apps/bench/models/echo/versions`, {
    model_versions: [{ pretrained_model_config: { local_dev: true } }],
  });
  const version = { id: made.model.model_version.id };
  const { runners } = await rest('POST', `${user}/compute_clusters/cc/nodepools/np/runners`, {
    runners: [{ worker: { model: { ...model, model_version: version } }, num_replicas: 1 }],
  });
  return {
    baseUrl: url,
    token: pat,
    userId,
    computeClusterId: 'cc',
    nodepoolId: 'np',
    runnerId: runners[0].id,
  };
}

/** Resolves with the first thing the child says: that it is ready. */
function startChild(script: string, options: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, script), [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
    });
    children.push(child);
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${script} ended with exit code ${code}`)));
  });
}
