// Step 4: how often. A token bucket per user, refilled at the user's rate and holding one second's worth.
import type { Caller } from '@limpid/domain/access/authority';
import { throttled } from '@limpid/wire';
import type { Deps } from '../deps.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/** Buckets of users who called lately. */
export type RateLimiter = (deps: Deps, caller: Caller | undefined) => void;

const SWEEP_EVERY = 10_000;

export function createRateLimiter(): RateLimiter {
  const buckets = new Map<bigint, Bucket>();
  let calls = 0;
  return (deps, caller) => {
    const rate = caller?.rateLimitRps ?? deps.config.rateLimitRps;
    if (!caller || rate <= 0) return;
    const now = deps.clock().getTime();
    calls += 1;
    if (calls % SWEEP_EVERY === 0) dropFull(buckets, now);
    const bucket = buckets.get(caller.userKey) ?? { tokens: rate, at: now };
    bucket.tokens = Math.min(rate, bucket.tokens + ((now - bucket.at) / 1000) * rate);
    bucket.at = now;
    buckets.set(caller.userKey, bucket);
    if (bucket.tokens < 1) throw throttled(rate);
    bucket.tokens -= 1;
  };
}

/** A bucket untouched for a minute is full again and need not be remembered. */
function dropFull(buckets: Map<bigint, Bucket>, now: number): void {
  for (const [user, bucket] of buckets) if (now - bucket.at > 60_000) buckets.delete(user);
}
