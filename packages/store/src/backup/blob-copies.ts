import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Blobs, Stored } from '../blobs/blobs.ts';
import { durableFile } from './files.ts';

const atOnce = 4;

export interface BlobTotals {
  readonly count: number;
  readonly bytes: number;
}

/** Copies every blob and writes a line for each: hash, size, key. */
export async function writeBlobs(from: Blobs, to: Blobs, listing: string): Promise<BlobTotals> {
  let count = 0;
  let bytes = 0;
  const lines = async function* () {
    const copies = mapAtOnce(from.list(''), async (key) => ({
      key,
      stored: await copy(from, to, key),
    }));
    for await (const { key, stored } of copies) {
      if (stored === undefined) continue;
      count += 1;
      bytes += stored.size;
      yield `${stored.sha256} ${stored.size} ${key}\n`;
    }
  };
  await pipeline(Readable.from(lines()), durableFile(listing));
  return { count, bytes };
}

/** Brings the listed blobs into `to`; one that is not as it was written is an error. */
export async function readBlobs(from: Blobs, to: Blobs, listing: string): Promise<void> {
  const lines = createInterface({
    input: createReadStream(listing),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  const copies = mapAtOnce(lines, async (line) => {
    const [sha256 = '', , key = ''] = line.split(' ');
    if ((await copy(from, to, key, sha256)) === undefined) {
      throw new Error(`The backup is damaged: the blob ${key} is missing.`);
    }
  });
  for await (const _ of copies);
}

/** Undefined where the blob has been deleted since it was listed. */
async function copy(
  from: Blobs,
  to: Blobs,
  key: string,
  expectedSha256?: string,
): Promise<Stored | undefined> {
  const blob = await from.get(key);
  if (blob === undefined) return undefined;
  const { contentType } = blob;
  return to.put(key, blob.stream, { contentType, ...(expectedSha256 && { expectedSha256 }) });
}

/** Works on a few items at a time and gives the results in order. */
async function* mapAtOnce<T, R>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // Its failure is heard when its turn comes.
      result.catch(() => undefined);
      running.push(result);
      if (running.length >= atOnce) yield await (running.shift() as Promise<R>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<R>);
  } finally {
    // After a failure the others are waited for, so that nothing goes on behind the caller's back.
    await Promise.allSettled(running);
  }
}
