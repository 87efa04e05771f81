/**
 * Search through the API: recall and latency with and without filters, and serving while the index is built.
 *
 *   npm run bench -- search [--count 100000] [--profile DIR]
 *
 * Recall@10 is against an exact scan of the same vectors here. Latency is that of one caller at a time, who asks again
 * as soon as there is an answer: as the client sees it, and by the platform's own histogram.
 */
import { readdirSync } from 'node:fs';
import { foldersOf } from '@limpid/store';
import { hasIndexWork } from '@limpid/store/db/vector-work';
import {
  create,
  fromBinary,
  GetInputRequestSchema,
  MultiSearchResponseSchema,
  PostInputsSearchesRequestSchema,
  toBinary,
} from '@limpid/wire';
import { cpuOf } from '../lib/cpu.ts';
import { checkSuccess, openClient } from '../lib/grpc.ts';
import { figure, say } from '../lib/measure.ts';
import { benchOptions, startBenchPlatform } from '../lib/platform.ts';
import { type Case, cases, DIMENSIONS, K, makeData, QUERIES, type SearchData } from './data.ts';
import { fill, inputId, makeApp, nudgeIndex, openHomeDb } from './fill.ts';
import { between, type Observed, observe, quantile, together } from './metrics.ts';

const COUNT = benchOptions().count ?? 100_000;
const APP = 'searched';
const ROUNDS = 3;
const QUIET_MS = 8_000;
const SLICE_MS = 200;
const SEARCH = 'PostInputsSearches';
const GET = 'GetInput';

await using platform = await startBenchPlatform();
const client = openClient(platform.url, platform.pat);
await using db = openHomeDb(platform.home);
const place = { userAppId: { userId: platform.userId, appId: APP } };

try {
  const data = makeData(COUNT);
  await makeApp(platform, APP);
  const began = performance.now();
  await fill(db, platform, APP, data.vectors);
  say(
    `${COUNT.toLocaleString('en')} inputs, ${DIMENSIONS} dimensions: rows in ${figure((performance.now() - began) / 1000)} s`,
  );
  const requests = new Map(
    cases.map((one) => [one, data.queries.map((query) => searchFor(query, one))]),
  );
  await measureBuild(requests.get(cases[0] as Case) ?? []);
  await report(requests, data.truth);
  await platform.profiled('searches without and with filters', async () => {
    for (let round = 0; round < 5; round++)
      for (const each of requests.values()) await timeAll(each);
  });
} finally {
  client.close();
}

type Requests = ReadonlyMap<Case, readonly Buffer[]>;

async function report(requests: Requests, truth: SearchData['truth']): Promise<void> {
  say(
    `${QUERIES} queries × ${ROUNDS}, one caller, ms at the client and (by its histogram) at the server:`,
  );
  const measured = new Map(
    cases.map((one) => [one, { times: [] as number[], seen: [] as Observed[], cpu: [] as Cpu[] }]),
  );
  // All cases in each round, so that whatever else the machine does meets all of them.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [one, buffers] of requests) {
      const before = await observe(platform, SEARCH);
      const cpuBefore = cpuOf(platform.pid);
      const times = await timeAll(buffers);
      const cpu = cpuOf(platform.pid);
      const seen = between(before, await observe(platform, SEARCH));
      if (round === 0) continue;
      measured.get(one)?.times.push(...times);
      measured.get(one)?.seen.push(seen);
      measured
        .get(one)
        ?.cpu.push(new Map([...cpu].map(([of, ms]) => [of, ms - (cpuBefore.get(of) ?? 0)])));
    }
  }
  const width = Math.max(...cases.map(({ name }) => name.length));
  for (const [one, { times, seen, cpu }] of measured) {
    const recall = await recallOf(requests.get(one) ?? [], truth.get(one.every) ?? []);
    const server = together(seen);
    say(
      `  ${one.name.padEnd(width)}  recall ${recall.toFixed(4)}  client ${spread(times)}  server mean ` +
        `${figure(server.ms / server.count)}, p50 ${figure(quantile(server, 0.5))}, p99 ${figure(quantile(server, 0.99))}  CPU ${cpuEach(cpu, times.length)}`,
    );
  }
}

type Cpu = ReadonlyMap<string, number>;

/** Of a call, by program: what neighbours add nothing to. */
function cpuEach(parts: readonly Cpu[], calls: number): string {
  const names = [...new Set(parts.flatMap((part) => [...part.keys()]))];
  const sums = names.map((name) => {
    return { name, ms: parts.reduce((sum, part) => sum + (part.get(name) ?? 0), 0) / calls };
  });
  const spent = sums.filter(({ ms }) => ms >= 0.1);
  return spent.map(({ name, ms }) => `${name} ${figure(ms)}`).join(' + ');
}

/** Serving before, while the index takes the vectors in, while a graph of them is built, and after. */
async function measureBuild(searches: readonly Buffer[]): Promise<void> {
  const gets = Array.from({ length: QUERIES }, (_, n) => getInput((n * 7919) % COUNT));
  const phases = new Map<string, { gets: number[]; searches: number[]; ms: number }>();
  const serve = async (name: string, ms: number): Promise<void> => {
    const phase = phases.get(name) ?? { gets: [], searches: [], ms: 0 };
    phases.set(name, phase);
    const started = performance.now();
    for (let n = 0; performance.now() - started < ms; n++) {
      phase.gets.push(await timeOne(GET, gets[n % gets.length] as Buffer));
      // A search among waiting vectors is another thing than one in the index.
      if (n % 4 === 0)
        phase.searches.push(await timeOne(SEARCH, searches[(n / 4) % searches.length] as Buffer));
    }
    phase.ms += performance.now() - started;
  };
  await timeEach(GET, gets);
  await serve('before', 1);
  await nudgeIndex(db);
  for (let quietSince = performance.now(); performance.now() - quietSince < 2_000; ) {
    const phase = phaseNow(await hasIndexWork(db));
    if (phase) quietSince = performance.now();
    await serve(phase ?? 'between', SLICE_MS);
  }
  await timeEach(SEARCH, searches);
  await serve('after', QUIET_MS);
  const after = phases.get('after') ?? { gets: [], searches: [], ms: 0 };
  for (const [name, phase] of phases) {
    if (name === 'before' || name === 'between') continue;
    const times = (own: number[], base: number[]): string =>
      `${spread(own)} (p99 × ${figure(at(own, 0.99) / at(base, 0.99))})`;
    say(
      `serving ${name}, ${figure(phase.ms / 1000)} s: GetInput ${times(phase.gets, after.gets)}, ` +
        `search ${times(phase.searches, after.searches)}`,
    );
  }
}

function phaseNow(hasWork: boolean): string | undefined {
  const building = readdirSync(foldersOf(platform.home).vectors, { recursive: true }).some((file) =>
    /graphs.[^/\\]+\.new$/.test(String(file)),
  );
  if (hasWork) return building ? 'while vectors go in and a graph is built' : 'while vectors go in';
  return building ? 'while a graph is built' : undefined;
}

async function timeAll(requests: readonly Buffer[]): Promise<number[]> {
  return await timeEach(SEARCH, requests);
}

async function timeEach(rpc: string, requests: readonly Buffer[]): Promise<number[]> {
  const times: number[] = [];
  for (const request of requests) times.push(await timeOne(rpc, request));
  return times;
}

async function timeOne(rpc: string, request: Buffer): Promise<number> {
  const started = performance.now();
  const answer = await client.call(`/clarifai.api.V2/${rpc}`, request);
  const ms = performance.now() - started;
  checkSuccess(answer);
  return ms;
}

async function recallOf(
  requests: readonly Buffer[],
  truth: readonly ReadonlySet<number>[],
): Promise<number> {
  let [found, possible] = [0, 0];
  for (const [n, request] of requests.entries()) {
    const answer = await client.call(`/clarifai.api.V2/${SEARCH}`, request);
    const ids = new Set(
      fromBinary(MultiSearchResponseSchema, answer).hits.map(({ input }) => input?.id),
    );
    const expected = [...(truth[n] ?? [])].map(inputId);
    found += expected.filter((id) => ids.has(id)).length;
    possible += expected.length;
  }
  return found / possible;
}

function searchFor(vector: Float32Array, { filters }: Case): Buffer {
  const ranks = [{ annotation: { data: { embeddings: [{ vector: [...vector] }] } } }];
  const message = create(PostInputsSearchesRequestSchema, {
    ...place,
    pagination: { page: 1, perPage: K },
    searches: [{ query: { ranks, filters: [...filters] } }],
  });
  return Buffer.from(toBinary(PostInputsSearchesRequestSchema, message));
}

function getInput(index: number): Buffer {
  const message = create(GetInputRequestSchema, { ...place, inputId: inputId(index) });
  return Buffer.from(toBinary(GetInputRequestSchema, message));
}

function spread(times: readonly number[]): string {
  return `p50 ${figure(at(times, 0.5))} p99 ${figure(at(times, 0.99))}`;
}

function at(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? Number.NaN;
}
