// Blobs as files: `apps/12/inputs/345` stands in `apps/12/inputs/~9f/345`, where 9f comes from the name's hash, so
// that no folder grows too large and a prefix is still a folder. A file is the content followed by a trailer: type,
// hash, their length and a mark; so it is written and replaced in one piece, and can still be opened by hand.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { explainFull } from '../home/full.ts';
import type { DiskGuard } from '../home/space.ts';
import { syncFolder } from '../home/write.ts';
import {
  type Blob,
  type BlobInfo,
  type BlobSource,
  type Blobs,
  checkKey,
  checkPrefix,
  type GetOptions,
  lastByte,
  type PutOptions,
  type Stored,
} from './blobs.ts';
import { chunksOf, Digest } from './digest.ts';

const mark = Buffer.from('LIMPIDB1');
const draftsName = '~drafts';
const maxTrailer = 512;
/** How much is written between two looks at the free space. */
const guardedBytes = 16 * 1024 * 1024;
const draftLifeMs = 24 * 3_600_000;

interface Trailer {
  readonly type: string;
  readonly sha256: string;
}

interface Found extends BlobInfo {
  readonly handle: FileHandle;
}

export async function openFileBlobs(root: string, guard?: DiskGuard): Promise<Blobs> {
  const blobs = new FileBlobs(root, guard);
  await blobs.begin();
  return blobs;
}

class FileBlobs implements Blobs {
  readonly #root: string;
  readonly #drafts: string;
  readonly #guard: DiskGuard | undefined;

  constructor(root: string, guard: DiskGuard | undefined) {
    this.#root = root;
    this.#drafts = join(root, draftsName);
    this.#guard = guard;
  }

  async begin(): Promise<void> {
    await mkdir(this.#drafts, { recursive: true, mode: 0o700 });
    await removeOldDrafts(this.#drafts);
  }

  async put(key: string, body: BlobSource, options: PutOptions): Promise<Stored> {
    const target = this.#pathOf(key);
    const draft = join(this.#drafts, randomBytes(12).toString('hex'));
    try {
      const stored = await this.#writeDraft(draft, body, options);
      await this.#publish(draft, target);
      return stored;
    } catch (error) {
      await rm(draft, { force: true });
      throw explainFull(error);
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<Blob | undefined> {
    const found = await this.#find(key);
    if (found === undefined) return undefined;
    const { handle, ...info } = found;
    try {
      return { ...info, stream: await readFrom(handle, info.size, options) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async head(key: string): Promise<BlobInfo | undefined> {
    const found = await this.#find(key);
    if (found === undefined) return undefined;
    const { handle, ...info } = found;
    await handle.close();
    return info;
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await rm(this.#pathOf(key), { force: true });
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const cut = checkPrefix(prefix).lastIndexOf('/') + 1;
    yield* walk(join(this.#root, prefix.slice(0, cut)), prefix.slice(0, cut), prefix);
  }

  async check(): Promise<void> {
    const probe = join(this.#drafts, `check-${randomBytes(6).toString('hex')}`);
    const handle = await open(probe, 'wx', 0o600);
    await handle.close();
    await rm(probe);
    await this.#guard?.assertSpace(this.#root);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #pathOf(key: string): string {
    const cut = checkKey(key).lastIndexOf('/') + 1;
    const name = key.slice(cut);
    const shard = createHash('sha256').update(name).digest('hex').slice(0, 2);
    return join(this.#root, key.slice(0, cut), `~${shard}`, name);
  }

  async #writeDraft(draft: string, body: BlobSource, options: PutOptions): Promise<Stored> {
    const digest = new Digest();
    const handle = await open(draft, 'wx', 0o600);
    try {
      let unguarded = guardedBytes;
      for await (const chunk of chunksOf(body)) {
        unguarded += chunk.byteLength;
        if (unguarded >= guardedBytes) {
          await this.#guard?.assertSpace(this.#root, unguarded);
          unguarded = 0;
        }
        digest.add(chunk);
        await writeAll(handle, chunk);
      }
      const stored = digest.finish(options.expectedSha256);
      await writeAll(handle, encodeTrailer({ type: options.contentType, sha256: stored.sha256 }));
      await handle.sync();
      return stored;
    } finally {
      await handle.close();
    }
  }

  /** The folder may be removed by a clean-up between its making and its use. */
  async #publish(draft: string, target: string): Promise<void> {
    const folder = dirname(target);
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(draft, target);
    await syncFolder(folder);
    // The names of the folders on the way down must last as well.
    for (let path = folder; made !== undefined && path !== dirname(made); path = dirname(path)) {
      await syncFolder(dirname(path));
    }
  }

  async #find(key: string): Promise<Found | undefined> {
    const handle = await openIfThere(this.#pathOf(key));
    if (handle === undefined) return undefined;
    try {
      return { handle, ...(await readInfo(handle)) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

function encodeTrailer(trailer: Trailer): Buffer {
  const json = Buffer.from(JSON.stringify(trailer));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  const whole = Buffer.concat([json, length, mark]);
  if (whole.length > maxTrailer) throw new Error('the content type is too long');
  return whole;
}

async function readInfo(handle: FileHandle): Promise<BlobInfo> {
  const { size } = await handle.stat();
  const end = Buffer.alloc(Math.min(size, maxTrailer));
  await handle.read(end, 0, end.length, size - end.length);
  const fixed = mark.length + 4;
  if (!end.subarray(-mark.length).equals(mark)) throw new Error('a blob’s file is damaged');
  const length = end.readUInt32BE(end.length - fixed);
  const json = end.subarray(-fixed - length, -fixed).toString();
  const { type, sha256 } = JSON.parse(json) as Trailer;
  return { size: size - fixed - length, contentType: type, etag: `"${sha256}"` };
}

async function readFrom(
  handle: FileHandle,
  size: number,
  { range }: GetOptions,
): Promise<Readable> {
  if (range === undefined && size === 0) {
    await handle.close();
    return Readable.from([], { objectMode: false });
  }
  const start = range?.start ?? 0;
  const end = range ? lastByte(range, size) : size - 1;
  // The stream closes the handle.
  return createReadStream('', { fd: handle, start, end, highWaterMark: 256 * 1024 });
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done);
    done += bytesWritten;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function* walk(folder: string, path: string, prefix: string): AsyncGenerator<string> {
  for await (const entry of entriesOf(folder)) {
    if (entry.name === draftsName) continue;
    if (entry.name.startsWith('~')) {
      for await (const file of entriesOf(join(folder, entry.name))) {
        const key = path + file.name;
        if (file.isFile() && key.startsWith(prefix)) yield key;
      }
    } else if (entry.isDirectory()) {
      const deeper = `${path}${entry.name}/`;
      if (deeper.startsWith(prefix) || prefix.startsWith(deeper)) {
        yield* walk(join(folder, entry.name), deeper, prefix);
      }
    }
  }
}

async function* entriesOf(folder: string) {
  try {
    yield* await opendir(folder);
  } catch (error) {
    // Never made, or removed while it was read.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** What a killed process was writing. Younger ones may be another process' work. */
async function removeOldDrafts(folder: string): Promise<void> {
  for await (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > draftLifeMs) await rm(path, { force: true });
  }
}
