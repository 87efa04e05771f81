import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { ModelError } from '../errors.ts';
import { assertSafeMember } from './paths.ts';

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly packedSize: number;
  readonly method: number;
  readonly crc: number;
  readonly headerOffset: number;
}

const END_SIZE = 22;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const MAX_ENTRIES = 100_000;

/** Reads members of a ZIP file (a wheel, a checkpoint) at random; no zip64, no encryption. */
export class ZipReader {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, entries: ReadonlyMap<string, ZipEntry>) {
    this.#file = file;
    this.entries = entries;
  }

  static async open(path: string): Promise<ZipReader> {
    const file = await open(path, 'r');
    try {
      return new ZipReader(file, await readDirectory(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The member's bytes, checked against its declared size and CRC. */
  async read(name: string, maxBytes: number): Promise<Buffer> {
    const entry = this.entries.get(name);
    if (!entry) throw new ModelError('archive', `no member ${JSON.stringify(name)}`);
    if (entry.size > maxBytes || entry.packedSize > maxBytes) {
      throw new ModelError('archive', `member ${name} is larger than ${maxBytes} bytes`);
    }
    const header = await readAt(this.#file, entry.headerOffset, LOCAL_SIZE);
    if (header.readUInt32LE(0) !== 0x04034b50) throw new ModelError('archive', 'bad local header');
    const start =
      entry.headerOffset + LOCAL_SIZE + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = await readAt(this.#file, start, entry.packedSize);
    const data = unpack(packed, entry);
    if (data.length !== entry.size || crc32(data) !== entry.crc) {
      throw new ModelError('archive', `member ${name} is damaged`);
    }
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

function unpack(packed: Buffer, entry: ZipEntry): Buffer {
  if (entry.method === 0) return packed;
  if (entry.method !== 8) {
    throw new ModelError('archive', `member ${entry.name} uses compression ${entry.method}`);
  }
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1) });
  } catch (cause) {
    throw new ModelError('archive', `member ${entry.name} does not unpack`, cause);
  }
}

async function readDirectory(file: FileHandle): Promise<ReadonlyMap<string, ZipEntry>> {
  const { size } = await file.stat();
  const tailSize = Math.min(size, END_SIZE + 0xffff);
  const tail = await readAt(file, size - tailSize, tailSize);
  const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (at < 0 || at + END_SIZE > tail.length) throw new ModelError('archive', 'not a ZIP file');
  const count = tail.readUInt16LE(at + 10);
  const length = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  if (count === 0xffff || offset === 0xffffffff || count > MAX_ENTRIES) {
    throw new ModelError('archive', 'zip64 is not supported');
  }
  if (offset + length > size) throw new ModelError('archive', 'truncated ZIP file');
  return parseDirectory(await readAt(file, offset, length), count);
}

function parseDirectory(bytes: Buffer, count: number): ReadonlyMap<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) {
      throw new ModelError('archive', 'bad central directory');
    }
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength);
    if (bytes.readUInt16LE(at + 8) & 1) throw new ModelError('archive', 'encrypted ZIP file');
    const entry: ZipEntry = {
      name,
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packedSize: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      headerOffset: bytes.readUInt32LE(at + 42),
    };
    if (!name.endsWith('/')) entries.set(assertSafeMember(name), entry);
    at += CENTRAL_SIZE + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw new ModelError('archive', 'truncated ZIP file');
    done += bytesRead;
  }
  return buffer;
}
