// What the platform itself measured of its calls.
import type { BenchPlatform } from '../lib/platform.ts';

/** Counts of calls that took at most so many milliseconds, and all their time. */
export interface Observed {
  readonly count: number;
  readonly ms: number;
  readonly upTo: ReadonlyMap<number, number>;
}

export async function observe({ url }: BenchPlatform, rpc: string): Promise<Observed> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter((line) => line.includes(`rpc="${rpc}"`) && line.includes('"grpc"'));
  const value = (line: string): number => Number(line.slice(line.lastIndexOf(' ')));
  const sum = (name: string): number =>
    lines
      .filter((line) => line.startsWith(`limpid_rpc_seconds_${name}{`))
      .reduce((all, line) => all + value(line), 0);
  const buckets = lines.filter((line) => line.startsWith('limpid_rpc_seconds_bucket'));
  const bound = (line: string): number =>
    Number(/le="([^"]+)"/.exec(line)?.[1]?.replace('+Inf', 'Infinity')) * 1000;
  return {
    count: sum('count'),
    ms: sum('sum') * 1000,
    upTo: new Map(buckets.map((line) => [bound(line), value(line)])),
  };
}

/** What was observed between two looks. */
export function between(before: Observed, after: Observed): Observed {
  return combine(after, before, -1);
}

const nothing: Observed = { count: 0, ms: 0, upTo: new Map() };

export function together(parts: readonly Observed[]): Observed {
  return parts.reduce((all, part) => combine(part, all, 1), nothing);
}

function combine(one: Observed, other: Observed, sign: number): Observed {
  const upTo = [...one.upTo].map(
    ([bound, count]) => [bound, count + sign * (other.upTo.get(bound) ?? 0)] as const,
  );
  return {
    count: one.count + sign * other.count,
    ms: one.ms + sign * other.ms,
    upTo: new Map(upTo),
  };
}

/** Between the bounds of its bucket: as exact as the histogram is. */
export function quantile({ count, upTo }: Observed, share: number): number {
  let [lower, seen] = [0, 0];
  for (const [upper, within] of upTo) {
    if (within >= share * count) {
      const part = (share * count - seen) / (within - seen);
      return upper === Number.POSITIVE_INFINITY ? upper : lower + (upper - lower) * part;
    }
    [lower, seen] = [upper, within];
  }
  return Number.NaN;
}
