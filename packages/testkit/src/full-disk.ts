// A disk that is full, for the files of one folder: writes fail as the system lets them fail, the last one half-way.
// A file system of that size would be the real thing, but only a privileged process may mount one.
import fs, { realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { sep } from 'node:path';

export interface FullDisk extends Disposable {
  /** How often a write was refused. */
  readonly refused: number;
}

type Write = (this: { fd: number }, bytes: Uint8Array, ...rest: unknown[]) => Promise<unknown>;
type Done = (error: Error | null, written?: number) => void;

/** From now on the folder's files can grow by `left` bytes, until the disk is disposed of. Needs Linux. */
export async function fillDisk(folder: string, left = 0): Promise<FullDisk> {
  const root = realpathSync(folder) + sep;
  const isInside = (fd: number) => fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(root);
  const disk = { left, refused: 0 };
  /** As much of `wanted` as fits; 0 where nothing does. */
  const take = (wanted: number): number => {
    const taken = Math.min(wanted, disk.left);
    disk.left -= taken;
    if (taken === 0) disk.refused += 1;
    return taken;
  };
  const restorers = [await limitHandles(isInside, take), limitDescriptors(isInside, take)];
  return {
    get refused() {
      return disk.refused;
    },
    [Symbol.dispose]: () => {
      for (const restore of restorers) restore();
    },
  };
}

type IsInside = (fd: number) => boolean;
type Take = (wanted: number) => number;

/** Handles of `node:fs/promises` share a prototype that is not exported. */
async function limitHandles(isInside: IsInside, take: Take): Promise<() => void> {
  const any = await open('/dev/null', 'w');
  const prototype = Object.getPrototypeOf(any) as { write: Write };
  await any.close();
  const { write } = prototype;
  prototype.write = async function (bytes, ...rest) {
    const [from = 0, length = bytes.byteLength - Number(from), position = null] = rest;
    if (!isInside(this.fd)) return await write.call(this, bytes, from, length, position);
    const taken = take(Number(length));
    if (taken === 0) throw noSpace();
    return await write.call(this, bytes, from, taken, position);
  };
  return () => {
    prototype.write = write;
  };
}

/** What write streams call. */
function limitDescriptors(isInside: IsInside, take: Take): () => void {
  const { write, writev } = fs;
  const limited = (
    fd: number,
    bytes: Uint8Array,
    from: number,
    length: number,
    ...rest: never[]
  ) => {
    const done = rest.at(-1) as unknown as Done;
    if (!isInside(fd)) return write(fd, bytes, from, length, ...(rest as unknown as [null, never]));
    const taken = take(length);
    if (taken === 0) return process.nextTick(done, noSpace());
    return write(fd, bytes, from, taken, ...(rest as unknown as [null, never]));
  };
  const limitedAll = (fd: number, all: readonly Uint8Array[], ...rest: never[]) => {
    const done = rest.at(-1) as unknown as Done;
    const wanted = all.reduce((sum, bytes) => sum + bytes.byteLength, 0);
    if (isInside(fd) && take(wanted) < wanted) return process.nextTick(done, noSpace());
    return writev(fd, all, ...(rest as unknown as [null, never]));
  };
  Object.assign(fs, { write: limited, writev: limitedAll });
  return () => {
    Object.assign(fs, { write, writev });
  };
}

function noSpace(): NodeJS.ErrnoException {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
}
