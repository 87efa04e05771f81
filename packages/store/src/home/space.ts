import { statfs } from 'node:fs/promises';
import { StatusError } from '@limpid/wire/status';

const resourceExhausted = 98014;
/** A database that can't write its log stops: what its log may grow to, and room to delete things in, stays free. */
export const defaultReserveBytes = 768 * 1024 * 1024;
const trustMs = 1_000;

export interface DiskGuard {
  /** Throws a "later" status when writing `bytes` into this folder would touch the reserve. */
  assertSpace(folder: string, bytes?: number): Promise<void>;
}

/** Asks the system at most once a second for each folder, and counts in between what was promised. */
export function createDiskGuard(reserveBytes: number = defaultReserveBytes): DiskGuard {
  const known = new Map<string, { free: number; at: number }>();
  return {
    async assertSpace(folder, bytes = 0) {
      const now = performance.now();
      let space = known.get(folder);
      if (space === undefined || now - space.at > trustMs) {
        space = { free: await freeBytes(folder), at: now };
        known.set(folder, space);
      }
      if (space.free - bytes < reserveBytes) throw diskFull(space.free, reserveBytes);
      space.free -= bytes;
    },
  };
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function diskFull(free: number, reserve: number): StatusError {
  const mb = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MB`;
  return new StatusError(resourceExhausted, {
    details: `the disk is almost full: ${mb(free)} are free and ${mb(reserve)} are kept in reserve; delete something or enlarge it`,
  });
}
