/**
 * Measures the vector index through its own interface, in one process, as the server uses it.
 *
 *   npx tsx bench/vectors/bench.ts [--docs 100000] [--dimensions 1280] [--graph] [--folder /tmp/x] [--noise 0.7]
 *
 * Data: `createClustered` (1,000 clusters of unequal weight, falling spectrum, common offset), seed 1. Filters are
 * random sets of keys, handed over with every query as the server does. Recall is against an exact scan. `--graph`
 * builds an HNSW graph as a large app gets one, and measures serving while that runs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createClustered, createRandom } from '../../packages/store/src/vectors/clustered.ts';
import { openFlatVectors } from '../../packages/store/src/vectors/flat/client.ts';
import type { VectorDoc, VectorFilter, Vectors } from '../../packages/store/src/vectors/vectors.ts';

const APP = 1n;
const SPACE = 'bench';
const QUERIES = 100;
const ROUNDS = 4;
const K = 10;
const BATCH = 500;
const SHARES = [1, 0.5, 0.2, 0.05, 0.01, 0.001];

interface Case {
  readonly share: number;
  readonly filter: VectorFilter;
  /** For each query, the keys of its true neighbours. */
  readonly truth: readonly ReadonlySet<bigint>[];
}

const { values } = parseArgs({
  options: {
    docs: { type: 'string', default: '100000' },
    dimensions: { type: 'string', default: '1280' },
    noise: { type: 'string', default: '0.7' },
    graph: { type: 'boolean', default: false },
    folder: { type: 'string' },
  },
});
const count = Number(values.docs);
const dimensions = Number(values.dimensions);
const folder = await mkdtemp(join(values.folder ?? tmpdir(), 'bench-vectors-'));
const graphs = values.graph ? { buildFrom: count } : false;
const lag = monitorEventLoopDelay({ resolution: 1 });

const data = createClustered({
  dimensions,
  count,
  queries: QUERIES,
  seed: 1,
  noise: Number(values.noise),
});
const docs = data.vectors.map(
  (vector, i): VectorDoc => ({ key: BigInt(i + 1), app: APP, input: BigInt(i + 1), vector }),
);
console.log(`${count} documents of ${dimensions} dimensions, noise ${values.noise}, k ${K}`);
const cases = SHARES.map(createCase);
const rssBefore = process.memoryUsage().rss;
const index = await openFlatVectors({ folder, graphs });
try {
  await measureInsert(index);
  report('queries, one caller', await measureAll(index, 1));
  report('queries, eight callers', await measureAll(index, 8));
  if (values.graph) await measureBuild(index);
  await measureWritesBeside(index);
  await measureReopen(index);
} finally {
  await index.close();
  await rm(folder, { recursive: true });
}

async function measureInsert(target: Vectors): Promise<void> {
  lag.enable();
  const started = performance.now();
  // Two callers: while one batch is synced the next is encoded, as with several jobs.
  await Promise.all([0, 1].map((lane) => insertLane(target, lane)));
  const seconds = (performance.now() - started) / 1_000;
  const { memory } = await target.stats(SPACE);
  const rss = process.memoryUsage().rss - rssBefore;
  console.log(
    `insert ${Math.round(count / seconds)}/s (${seconds.toFixed(1)} s), main loop lag ${lagText()}, ` +
      `index memory ${mega(memory)} MB, RSS +${mega(rss)} MB`,
  );
}

async function insertLane(target: Vectors, lane: number): Promise<void> {
  for (let at = lane * BATCH; at < docs.length; at += 2 * BATCH) {
    await target.upsert(SPACE, docs.slice(at, at + BATCH));
  }
}

async function measureBuild(target: Vectors): Promise<void> {
  const started = performance.now();
  let done = false;
  const build = target.optimize(SPACE).finally(() => {
    done = true;
  });
  lag.reset();
  const beside: number[] = [];
  while (!done) beside.push(...(await timeQueries(target, cases[0]?.filter ?? {}, 1)));
  await build;
  console.log(`graph built in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  console.log(`  meanwhile, no filter: ${spread(beside)}, main loop lag ${lagText()}`);
  report('queries with the graph, one caller', await measureAll(target, 1));
  report('queries with the graph, eight callers', await measureAll(target, 8));
}

/** Replaces a tenth of the documents while it asks. */
async function measureWritesBeside(target: Vectors): Promise<void> {
  let done = false;
  const writes = (async () => {
    for (let at = 0; at < count / 10; at += BATCH)
      await target.upsert(SPACE, docs.slice(at, at + BATCH));
  })().finally(() => {
    done = true;
  });
  lag.reset();
  const beside: number[] = [];
  while (!done) beside.push(...(await timeQueries(target, {}, 1)));
  await writes;
  console.log(
    `while documents are replaced, no filter: ${spread(beside)}, main loop lag ${lagText()}`,
  );
}

async function measureReopen(target: Vectors): Promise<void> {
  await target.close();
  const started = performance.now();
  const again = await openFlatVectors({ folder, graphs });
  await again.query(SPACE, { app: APP, vector: data.queries[0] ?? new Float32Array(), k: K });
  console.log(`reopened in ${((performance.now() - started) / 1_000).toFixed(2)} s`);
  await again.close();
}

async function measureAll(target: Vectors, callers: number) {
  const rows = [];
  for (const { share, filter, truth } of cases) {
    await timeQueries(target, filter, callers);
    const times: number[] = [];
    const started = performance.now();
    const cpu = process.cpuUsage();
    for (let round = 0; round < ROUNDS; round++)
      times.push(...(await timeQueries(target, filter, callers)));
    const rate = (1_000 * times.length) / (performance.now() - started);
    const { user, system } = process.cpuUsage(cpu);
    const work = (user + system) / 1_000 / times.length;
    rows.push({ share, times, rate, work, recall: await measureRecall(target, filter, truth) });
  }
  return rows;
}

async function timeQueries(target: Vectors, filter: VectorFilter, callers: number) {
  const times: number[] = [];
  const left = [...data.queries];
  const caller = async () => {
    for (let vector = left.pop(); vector; vector = left.pop()) {
      const started = performance.now();
      await target.query(SPACE, { app: APP, vector, k: K, filter });
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return times;
}

async function measureRecall(target: Vectors, filter: VectorFilter, truth: Case['truth']) {
  let [found, possible] = [0, 0];
  for (const [i, vector] of data.queries.entries()) {
    const hits = await target.query(SPACE, { app: APP, vector, k: K, filter });
    const expected = truth[i] ?? new Set();
    found += hits.filter((hit) => expected.has(hit.key)).length;
    possible += expected.size;
  }
  return found / possible;
}

function createCase(share: number): Case {
  const random = createRandom(17 + share * 1_000);
  const kept = share === 1 ? docs : docs.filter(() => random() < share);
  const keys = BigUint64Array.from(kept, ({ key }) => key);
  const filter: VectorFilter = share === 1 ? {} : { only: { by: 'key', values: keys } };
  return { share, filter, truth: data.queries.map((vector) => nearest(kept, vector)) };
}

/** All vectors have length 1: the product orders them by every metric. */
function nearest(kept: readonly VectorDoc[], query: Float32Array): Set<bigint> {
  const best: { key: bigint; score: number }[] = [];
  for (const { key, vector } of kept) {
    let score = 0;
    for (let i = 0; i < query.length; i++) score += (query[i] as number) * (vector[i] as number);
    if (best.length === K && score <= (best[K - 1]?.score ?? 0)) continue;
    best.push({ key, score });
    best.sort((a, b) => b.score - a.score);
    best.length = Math.min(best.length, K);
  }
  return new Set(best.map(({ key }) => key));
}

function report(title: string, rows: Awaited<ReturnType<typeof measureAll>>): void {
  console.log(title);
  for (const { share, times, rate, work, recall } of rows) {
    const name = share === 1 ? 'no filter' : `${share * 100}%`;
    console.log(
      `  ${name.padEnd(10)} recall ${recall.toFixed(4)}  ${spread(times)}  ${Math.round(rate)}/s  CPU ${work.toFixed(2)} ms`,
    );
  }
}

function spread(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  p99 ${at(0.99)} ms`;
}

function lagText(): string {
  return `p99 ${(lag.percentile(99) / 1e6).toFixed(1)} ms, max ${(lag.max / 1e6).toFixed(1)} ms`;
}

function mega(bytes: number): number {
  return Math.round(bytes / 1e6);
}
