// A platform of a benchmark's own, and the two ways to talk to it.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startPlatform } from '../../tools/rig/platform.mjs';
import { printTop, toggleProfile } from './profile.ts';

export interface BenchPlatform extends AsyncDisposable {
  readonly url: string;
  readonly pat: string;
  readonly userId: string;
  readonly home: string;
  readonly pid: number;
  /** A REST call that must succeed. */
  rest(verb: string, path: string, body?: unknown): Promise<Answer>;
  /** With `--profile` a CPU profile of the platform while `work` runs is written, and its top functions printed. */
  profiled(name: string, work: () => Promise<unknown>): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: the JSON of any answer, read by whoever made the request.
export type Answer = any;

/** What `npm run bench` hands to every benchmark. */
export function benchOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      count: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const { full, count, profile } = values;
  return { full, count: count ? Number(count) : undefined, profile };
}

export interface BenchOptions {
  readonly full: boolean;
  /** How much of whatever the benchmark holds, where it lets that be chosen. */
  readonly count: number | undefined;
  readonly profile: string | undefined;
}

export async function startBenchPlatform(): Promise<BenchPlatform> {
  const { profile } = benchOptions();
  const platform = await startPlatform({ ...ownSettings(), ...profileSettings(profile) });
  const { pat, user_id: userId } = await readCredentials(platform.credentials);
  return {
    url: platform.url,
    pat,
    userId,
    home: platform.home,
    pid: platform.pid,
    rest: (verb, path, body) => callRest(`${platform.url}${path}`, verb, pat, body),
    profiled: async (name, work) => {
      if (!profile) return;
      await toggleProfile(profile);
      await work();
      printTop(await toggleProfile(profile), name);
    },
    [Symbol.asyncDispose]: async () => {
      for (const problem of await platform.stop()) console.log(`  ${problem}`);
      platform.forget();
    },
  };
}

/** Written when the first user is made, which may be a moment after the port answers. */
async function readCredentials(file: string): Promise<{ pat: string; user_id: string }> {
  for (let tries = 0; !existsSync(file) && tries < 100; tries++) await sleep(100);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * The rig shields platforms from our environment; where the weights are is the one thing it may tell.
 * BENCH_NODE_OPTIONS is for trying flags of node on the platform alone.
 */
export function ownSettings(): Record<string, string> {
  const { LIMPID_MODELS_DIR, BENCH_NODE_OPTIONS } = process.env;
  return {
    LIMPID_LOG_LEVEL: 'warn',
    ...(LIMPID_MODELS_DIR && { LIMPID_MODELS_DIR }),
    ...(BENCH_NODE_OPTIONS && { NODE_OPTIONS: BENCH_NODE_OPTIONS }),
  };
}

function profileSettings(folder: string | undefined): Record<string, string> {
  if (!folder) return {};
  mkdirSync(folder, { recursive: true });
  const preload = pathToFileURL(join(import.meta.dirname, 'profile-preload.mjs')).href;
  const given = process.env.BENCH_NODE_OPTIONS ?? '';
  return { NODE_OPTIONS: `--import ${preload} ${given}`.trim(), BENCH_PROFILE: folder };
}

async function callRest(url: string, method: string, pat: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Key ${pat}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Answer;
  if (answer.status?.code === 10000) return answer;
  throw new Error(`${method} ${url}: ${JSON.stringify(answer.status)}`);
}
