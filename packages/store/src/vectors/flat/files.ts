import { readSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DamagedError } from './log.ts';

/** What a space's folder says of itself. */
export interface SpaceHeader {
  readonly format: 1;
  readonly dimensions: number;
  /** Of the rotation that the codes were made with. */
  readonly seed: number;
}

const HEADER_FILE = 'space.json';
const LOG_FILE = 'rows.log';

/** Fixed-size records by slot number in one file. */
export class RecordFile {
  readonly #handle: FileHandle;
  readonly recordBytes: number;

  constructor(handle: FileHandle, recordBytes: number) {
    this.#handle = handle;
    this.recordBytes = recordBytes;
  }

  /** Record i of `records` goes to slots[i]; neighbouring slots share a write. */
  async write(slots: readonly number[], records: Uint8Array): Promise<void> {
    for (let from = 0; from < slots.length; ) {
      let to = from + 1;
      while (to < slots.length && slots[to] === (slots[to - 1] ?? 0) + 1) to++;
      const part = records.subarray(from * this.recordBytes, to * this.recordBytes);
      await writeAll(this.#handle, part, (slots[from] ?? 0) * this.recordBytes);
      from = to;
    }
  }

  /** Blocks for the time of a page-cache read: it is called for a few dozen slots of a query. */
  readSync(slot: number, into: Uint8Array): void {
    const read = readSync(this.#handle.fd, into, 0, into.length, slot * this.recordBytes);
    if (read < into.length) throw new DamagedError(`Slot ${slot} lies past the end of its file.`);
  }

  async read(firstSlot: number, into: Uint8Array): Promise<void> {
    const at = firstSlot * this.recordBytes;
    const { bytesRead } = await this.#handle.read(into, 0, into.length, at);
    if (bytesRead < into.length) throw new DamagedError('A file is shorter than its log says.');
  }

  async slots(): Promise<number> {
    const { size } = await this.#handle.stat();
    return Math.floor(size / this.recordBytes);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** The append-only log of a space. */
export class LogFile {
  readonly #folder: string;
  #handle: FileHandle;
  #size = 0;
  #failure: unknown;

  private constructor(folder: string, handle: FileHandle) {
    this.#folder = folder;
    this.#handle = handle;
  }

  static async open(folder: string): Promise<LogFile> {
    return new LogFile(folder, await openForUpdate(join(folder, LOG_FILE)));
  }

  read(): Promise<Buffer> {
    return readFile(join(this.#folder, LOG_FILE));
  }

  /** Cuts off what follows the last sound frame; appends go there. */
  async truncate(size: number): Promise<void> {
    await this.#handle.truncate(size);
    this.#size = size;
  }

  /** Durable when it resolves; if it rejects, the log is as before. */
  async append(frame: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      await writeAll(this.#handle, frame, this.#size);
      await this.#handle.datasync();
    } catch (error) {
      await this.#undo(error);
      throw error;
    }
    this.#size += frame.length;
  }

  /** A log that can't be brought back to its sound end takes no more: the next start finds that end. */
  async #undo(reason: unknown): Promise<void> {
    try {
      await this.#handle.truncate(this.#size);
      await this.#handle.datasync();
    } catch {
      this.#failure = reason;
    }
  }

  /** Puts a new log in the place of this one, in one step. */
  async replace(frames: AsyncIterable<Uint8Array>): Promise<void> {
    const path = join(this.#folder, `${LOG_FILE}.new`);
    const handle = await open(path, 'w+');
    let size = 0;
    try {
      for await (const frame of frames) {
        await writeAll(handle, frame, size);
        size += frame.length;
      }
      await handle.datasync();
      await rename(path, join(this.#folder, LOG_FILE));
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
    await this.#handle.close();
    this.#handle = handle;
    this.#size = size;
    await syncFolder(this.#folder);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export interface SpaceFiles {
  readonly header: SpaceHeader;
  readonly log: LogFile;
  readonly codes: RecordFile;
  readonly vectors: RecordFile;
}

export const VECTORS_FILE = 'vectors.f32';

export async function createSpaceFolder(folder: string, header: SpaceHeader): Promise<void> {
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const file = await open(join(unfinished, HEADER_FILE), 'w');
  try {
    await writeAll(file, Buffer.from(JSON.stringify(header)), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(unfinished);
  await rename(unfinished, folder);
  await syncFolder(join(folder, '..'));
}

export async function openSpaceFiles(
  folder: string,
  strideOf: (dimensions: number) => number,
): Promise<SpaceFiles> {
  const header = parseHeader(await readFile(join(folder, HEADER_FILE), 'utf8'));
  const { dimensions } = header;
  const codes = await openForUpdate(join(folder, 'codes.i8'));
  const vectors = await openForUpdate(join(folder, VECTORS_FILE));
  return {
    header,
    log: await LogFile.open(folder),
    codes: new RecordFile(codes, strideOf(dimensions)),
    vectors: new RecordFile(vectors, dimensions * Float32Array.BYTES_PER_ELEMENT),
  };
}

export async function closeSpaceFiles({ log, codes, vectors }: SpaceFiles): Promise<void> {
  await Promise.all([log.close(), codes.close(), vectors.close()]);
}

function parseHeader(text: string): SpaceHeader {
  const header = JSON.parse(text) as SpaceHeader;
  if (header.format === 1 && Number.isInteger(header.dimensions) && Number.isInteger(header.seed))
    return header;
  throw new DamagedError('The header of the space is not one that this version writes.');
}

/** For reading and writing, made if it is not there. */
async function openForUpdate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(path, 'w+');
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
