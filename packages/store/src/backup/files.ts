import { createWriteStream, type WriteStream } from 'node:fs';

/** A private new file that is on the disk when its stream has finished. */
export function durableFile(path: string): WriteStream {
  return createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
}
