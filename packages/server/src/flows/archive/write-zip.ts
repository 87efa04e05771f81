// A ZIP file as a stream of bytes, made while its entries are. Sizes follow their data, and the directory at the end
// tells where everything is; it grows beyond 4 GB where it must (ZIP64).
import { crc32, createDeflateRaw } from 'node:zlib';
import { through } from './through.ts';

export type ZipEntry = PackedEntry | StoredEntry;

interface PackedEntry {
  readonly name: string;
  readonly data: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Not compressed: for what programs look for at a fixed place. */
interface StoredEntry {
  readonly name: string;
  readonly stored: Uint8Array;
}

const max32 = 0xffffffff;
const max16 = 0xffff;
const utf8Names = 0x0800;
const sizesFollow = 0x0008;
const version = 45;
// 1980-01-01: the same entries make the same file.
const dosDate = 0x21;

interface Facts {
  crc: number;
  size: number;
  packed: number;
}

interface Written extends Facts {
  readonly name: Buffer;
  readonly offset: number;
  readonly flags: number;
  readonly method: number;
}

export async function* writeZip(
  entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>,
): AsyncGenerator<Uint8Array> {
  const directory: Buffer[] = [];
  let at = 0;
  for await (const entry of entries) {
    const written = begin(entry, at);
    for await (const chunk of 'stored' in entry ? stored(entry, written) : packed(entry, written)) {
      at += chunk.length;
      yield chunk;
    }
    directory.push(directoryRecord(written));
  }
  yield endOf(directory, at);
}

function begin(entry: ZipEntry, offset: number): Written {
  const name = Buffer.from(entry.name);
  if ('stored' in entry) {
    const size = entry.stored.length;
    const crc = crc32(entry.stored);
    return { name, offset, flags: utf8Names, method: 0, crc, size, packed: size };
  }
  return { name, offset, flags: utf8Names | sizesFollow, method: 8, crc: 0, size: 0, packed: 0 };
}

function* stored(entry: StoredEntry, written: Written): Generator<Uint8Array> {
  yield localHeader(written);
  yield entry.stored;
}

/** Fills in what becomes known on the way. */
async function* packed(entry: PackedEntry, written: Written): AsyncGenerator<Uint8Array> {
  yield localHeader(written);
  for await (const chunk of through(counted(entry.data, written), createDeflateRaw())) {
    written.packed += chunk.length;
    yield chunk;
  }
  const { size, packed: length } = written;
  if (Math.max(size, length) >= max32) throw new Error(`${entry.name} is 4 GB or larger`);
  yield descriptor(written);
}

async function* counted(data: PackedEntry['data'], facts: Facts): AsyncGenerator<Uint8Array> {
  for await (const chunk of data instanceof Uint8Array ? [data] : data) {
    facts.crc = crc32(chunk, facts.crc);
    facts.size += chunk.length;
    yield chunk;
  }
}

function localHeader({ name, flags, method, crc, size, packed: length }: Written): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt16LE(dosDate, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(length, 18);
  header.writeUInt32LE(size, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function descriptor({ crc, packed: length, size }: Facts): Buffer {
  const end = Buffer.alloc(16);
  end.writeUInt32LE(0x08074b50, 0);
  end.writeUInt32LE(crc, 4);
  end.writeUInt32LE(length, 8);
  end.writeUInt32LE(size, 12);
  return end;
}

function endOf(directory: readonly Buffer[], start: number): Buffer {
  const records = Buffer.concat(directory);
  const count = directory.length;
  const isWide = count >= max16 || start + records.length >= max32;
  const wide = isWide ? wideEnd(count, records.length, start) : Buffer.alloc(0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, max16), 8);
  end.writeUInt16LE(Math.min(count, max16), 10);
  end.writeUInt32LE(Math.min(records.length, max32), 12);
  end.writeUInt32LE(isWide ? max32 : start, 16);
  return Buffer.concat([records, wide, end]);
}

function directoryRecord(written: Written): Buffer {
  const { name, offset, flags, method, crc, size, packed: length } = written;
  const isFar = offset >= max32;
  const extra = Buffer.alloc(isFar ? 12 : 0);
  if (isFar) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(offset), 4);
  }
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(version, 4);
  record.writeUInt16LE(version, 6);
  record.writeUInt16LE(flags, 8);
  record.writeUInt16LE(method, 10);
  record.writeUInt16LE(dosDate, 14);
  record.writeUInt32LE(crc, 16);
  record.writeUInt32LE(length, 20);
  record.writeUInt32LE(size, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(isFar ? max32 : offset, 42);
  return Buffer.concat([record, name, extra]);
}

/** The end of the directory, and where it stands, in 64 bits. */
function wideEnd(count: number, length: number, start: number): Buffer {
  const end = Buffer.alloc(56 + 20);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(version, 12);
  end.writeUInt16LE(version, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(length), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(start + length), 64);
  end.writeUInt32LE(1, 72);
  return end;
}
