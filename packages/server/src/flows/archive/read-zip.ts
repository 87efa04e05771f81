// ZIP files, read by their directory: it alone says what is in them. Nothing that it claims is believed before it was
// checked, and no two entries may share bytes: small archives that unpack to terabytes are made of such.
import { setImmediate as letOthersIn } from 'node:timers/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import {
  type ArchiveEntry,
  ArchiveError,
  type ArchiveSource,
  EntryError,
  mostEntries,
  readExactly,
  type UnpackBudget,
} from './entry.ts';
import { through } from './through.ts';

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly length: number;
}

interface Record {
  readonly path: string;
  readonly isFile: boolean;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const max16 = 0xffff;
const max32 = 0xffffffff;
const mostDirectory = 128 * 1024 * 1024;
const damaged = () => new ArchiveError('the ZIP file is truncated or damaged');

/** The files of an archive in the order of its directory. */
export async function* readZip(
  source: ArchiveSource,
  budget: UnpackBudget,
): AsyncGenerator<ArchiveEntry> {
  const directory = await findDirectory(source);
  const bytes = await readExactly(source, directory.start, directory.length);
  const records = await allRecords(bytes, directory.count);
  refuseOverlaps(records, directory.start);
  for (const record of records) {
    if (record.isFile) yield { path: record.path, open: () => openRecord(source, record, budget) };
  }
}

async function findDirectory(source: ArchiveSource): Promise<Directory> {
  // The end record, and a comment of up to 64 kB behind it.
  const start = Math.max(0, source.size - 22 - max16);
  const tail = await readExactly(source, start, source.size - start);
  let at = tail.length - 22;
  while (at >= 0 && !isEnd(tail, at)) at -= 1;
  if (at < 0) throw damaged();
  const found = {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16),
  };
  const isWide = found.count === max16 || found.length === max32 || found.start === max32;
  const directory = isWide ? await findWide(source, start + at, found) : found;
  if (directory.count > mostEntries || directory.length > mostDirectory)
    throw new ArchiveError(`the archive has more than ${mostEntries} entries`);
  return directory;
}

/** The end record fits to the end of the file: its signature alone may stand in a comment. */
function isEnd(tail: Buffer, at: number): boolean {
  return (
    tail.readUInt32LE(at) === 0x06054b50 && at + 22 + tail.readUInt16LE(at + 20) === tail.length
  );
}

async function findWide(
  source: ArchiveSource,
  endAt: number,
  narrow: Directory,
): Promise<Directory> {
  if (endAt < 20) return narrow;
  const locator = await readExactly(source, endAt - 20, 20);
  if (locator.readUInt32LE(0) !== 0x07064b50) return narrow;
  const wide = await readExactly(source, Number(locator.readBigUInt64LE(8)), 56);
  if (wide.readUInt32LE(0) !== 0x06064b50) throw damaged();
  return {
    count: Number(wide.readBigUInt64LE(32)),
    length: Number(wide.readBigUInt64LE(40)),
    start: Number(wide.readBigUInt64LE(48)),
  };
}

const recordsAtOnce = 10_000;

async function allRecords(bytes: Buffer, count: number): Promise<Record[]> {
  const records: Record[] = [];
  for (const record of parseDirectory(bytes, count)) {
    records.push(record);
    if (records.length % recordsAtOnce === 0) await letOthersIn();
  }
  return records;
}

function* parseDirectory(bytes: Buffer, count: number): Generator<Record> {
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) throw damaged();
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    if (extraEnd > bytes.length) throw damaged();
    yield parseRecord(
      bytes,
      at,
      bytes.subarray(at + 46, nameEnd),
      bytes.subarray(nameEnd, extraEnd),
    );
    at = extraEnd + bytes.readUInt16LE(at + 32);
  }
}

function parseRecord(bytes: Buffer, at: number, name: Buffer, extra: Buffer): Record {
  const flags = bytes.readUInt16LE(at + 8);
  const path = decodeName(name);
  const wide = wideValues(extra);
  const value = (where: number): number => {
    const narrow = bytes.readUInt32LE(at + where);
    return narrow === max32 ? (wide.next().value ?? narrow) : narrow;
  };
  // In this order, and only those that do not fit, they stand in the extra field.
  const [size, packed, offset] = [value(24), value(20), value(42)];
  const mode = bytes.readUInt16LE(at + 40);
  return {
    path,
    isFile: !path.endsWith('/') && isRegular(mode),
    isEncrypted: (flags & 1) !== 0,
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    packed,
    size,
    offset,
  };
}

/** Archivers of Unix keep the kind of the file here, links too; others leave it zero, or set other bits. */
function isRegular(mode: number): boolean {
  const kind = mode & 0xf000;
  return kind === 0x8000 || kind === 0;
}

function* wideValues(extra: Buffer): Generator<number, undefined> {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2));
    for (let value = at + 4; value + 8 <= end; value += 8)
      yield Number(extra.readBigUInt64LE(value));
  }
  return undefined;
}

function decodeName(name: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(name);
  } catch {
    return name.toString('latin1');
  }
}

function refuseOverlaps(records: readonly Record[], directoryStart: number): void {
  const inOrder = records.toSorted((a, b) => a.offset - b.offset);
  for (const [index, record] of inOrder.entries()) {
    const next = inOrder[index + 1]?.offset ?? directoryStart;
    // A local header is no shorter than this and the name.
    if (record.offset + 30 + record.packed > next)
      throw new ArchiveError('entries of the ZIP file overlap');
  }
}

async function* openRecord(
  source: ArchiveSource,
  record: Record,
  budget: UnpackBudget,
): AsyncGenerator<Uint8Array> {
  if (record.isEncrypted) throw new EntryError('the entry is encrypted');
  if (record.method !== 0 && record.method !== 8)
    throw new EntryError('the entry is packed by a method that is not read');
  const header = await readExactly(source, record.offset, 30);
  if (header.readUInt32LE(0) !== 0x04034b50) throw damaged();
  const start = record.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + record.packed > source.size) throw damaged();
  if (record.packed === 0) return;
  const raw = source.read(start, start + record.packed);
  const plain = record.method === 8 ? inflated(raw) : raw;
  let [crc, size] = [0, 0];
  for await (const chunk of budget.count(plain)) {
    crc = crc32(chunk, crc);
    size += chunk.length;
    if (size > record.size) throw new EntryError('the entry is longer than it says');
    yield chunk;
  }
  if (size !== record.size || crc !== record.crc) throw new EntryError('the entry is damaged');
}

async function* inflated(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* through(raw, createInflateRaw());
  } catch (error) {
    if (isZlibError(error)) throw new EntryError('the entry is damaged', { cause: error });
    throw error;
  }
}

export function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
