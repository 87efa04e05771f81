// What uploads in parts allow. A part travels in one message, whose size the transport limits.
const GB = 1024 ** 3;
const DAY_MS = 24 * 3_600_000;

export const uploadLimits = {
  perCall: 128,
  bytes: 64 * GB,
  /** Parts are numbered from 1. */
  parts: 10_000,
  nameLength: 1024,
  /** From the last part on. */
  lifeMs: 7 * DAY_MS,
} as const;

/** How much of an upload is there, in whole percent; 100 only when nothing is missing. */
export function percentOf(received: bigint, length: bigint): number {
  return length > 0n ? Number((received * 100n) / length) : 0;
}
