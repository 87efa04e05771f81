// Files that live no longer than the work on them: downloads, and bytes for programs that read files.
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFull } from '@limpid/store/home/full';

export interface Scratch {
  readonly folder: string;
  /** A path that nothing stands at; whatever is there when `work` ends is removed. A full disk is a "later" status. */
  withFile<R>(work: (path: string) => Promise<R>): Promise<R>;
}

/** Takes a folder for itself and empties it: what lies there is left of a process that was killed. */
export async function openScratch(folder: string): Promise<Scratch> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    folder,
    withFile: async (work) => {
      const path = join(folder, randomBytes(12).toString('hex'));
      try {
        return await work(path);
      } catch (error) {
        throw explainFull(error);
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}
