// Tar files, also packed by gzip, read from the front: the old form, that of POSIX and that of GNU.
import { createGunzip } from 'node:zlib';
import {
  type ArchiveEntry,
  ArchiveError,
  type ArchiveSource,
  mostEntries,
  type UnpackBudget,
} from './entry.ts';
import { isZlibError } from './read-zip.ts';
import { through } from './through.ts';

const block = 512;
/** Names, and the few facts that stand beside them. */
const mostNote = 1024 * 1024;
const damaged = () => new ArchiveError('the tar file is truncated or damaged');

interface Header {
  readonly path: string;
  readonly size: number;
  readonly type: string;
}

/** What extended headers say of the next entry. */
interface Notes {
  path?: string;
  size?: number;
}

export async function* readTar(
  source: ArchiveSource,
  budget: UnpackBudget,
  isPacked: boolean,
): AsyncGenerator<ArchiveEntry> {
  const whole = source.read(0, source.size);
  const bytes = new Bytes(isPacked ? budget.count(gunzipped(whole)) : whole);
  try {
    yield* entries(bytes);
  } finally {
    await bytes.close();
  }
}

async function* entries(bytes: Bytes): AsyncGenerator<ArchiveEntry> {
  let notes: Notes = {};
  for (let count = 0; ; count += 1) {
    if (count > mostEntries)
      throw new ArchiveError(`the archive has more than ${mostEntries} entries`);
    const header = readHeader(await bytes.take(block));
    if (!header) return;
    if (noteTypes.has(header.type)) {
      if (header.size > mostNote) throw damaged();
      const text = (await bytes.take(padded(header.size))).subarray(0, header.size);
      // What is said of all entries says nothing that matters here.
      if (header.type !== 'g') notes = { ...notes, ...readNote(header.type, text) };
      continue;
    }
    const size = notes.size ?? header.size;
    const body = { left: size };
    if (isRegular(header.type)) {
      yield { path: notes.path ?? header.path, open: () => bytes.stream(body) };
    }
    await bytes.skip(body.left + padded(size) - size);
    notes = {};
  }
}

const noteTypes = new Set(['x', 'g', 'L', 'K']);

function isRegular(type: string): boolean {
  return type === '0' || type === '\0' || type === '7';
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}

/** Undefined at the end of the archive, which is a block of zeros. */
function readHeader(bytes: Buffer): Header | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  const sum = bytes.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (readNumber(bytes.subarray(148, 156)) !== sum) throw damaged();
  const isPosix = bytes.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? readText(bytes.subarray(345, 500)) : '';
  const name = readText(bytes.subarray(0, 100));
  return {
    path: prefix ? `${prefix}/${name}` : name,
    size: readNumber(bytes.subarray(124, 136)),
    type: String.fromCharCode(bytes[156] ?? 0),
  };
}

function readText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** Octal digits, or where they do not suffice a binary number behind a set bit. */
function readNumber(bytes: Buffer): number {
  const isBinary = ((bytes[0] ?? 0) & 0x80) !== 0;
  const text = bytes.toString('latin1').replaceAll('\0', ' ').trim();
  const value = isBinary
    ? Number(BigInt(`0x${bytes.toString('hex')}`) & ((1n << 88n) - 1n))
    : Number.parseInt(text || '0', 8);
  if (!Number.isSafeInteger(value) || value < 0) throw damaged();
  return value;
}

function readNote(type: string, text: Buffer): Notes {
  if (type === 'L') return { path: readText(text) };
  // A link's target.
  if (type === 'K') return {};
  const notes: Notes = {};
  for (const [key, value] of paxRecords(text)) {
    if (key === 'path') notes.path = value;
    if (key === 'size' && /^\d{1,15}$/.test(value)) notes.size = Number(value);
  }
  return notes;
}

/** `length key=value` and a line feed, where the length counts itself. */
function* paxRecords(text: Buffer): Generator<[string, string]> {
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const length = Number.parseInt(text.toString('latin1', at, space), 10);
    if (space < 0 || !(length > space - at) || at + length > text.length) throw damaged();
    const record = text.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (equals > 0) yield [record.slice(0, equals), record.slice(equals + 1)];
    at += length;
  }
}

async function* gunzipped(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* through(raw, createGunzip());
  } catch (error) {
    if (isZlibError(error)) throw damaged();
    throw error;
  }
}

/** A stream that is read in stretches. */
class Bytes {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async take(length: number): Promise<Buffer> {
    const body = { left: length };
    const parts: Uint8Array[] = [];
    for await (const part of this.stream(body)) parts.push(part);
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.stream({ left: length }));
  }

  /** What is left of a body; how much that is, is told on the way. */
  async *stream(body: { left: number }): AsyncGenerator<Uint8Array> {
    while (body.left > 0) {
      if (this.#chunk.length === 0) await this.#fill();
      const part = this.#chunk.subarray(0, body.left);
      this.#chunk = this.#chunk.subarray(part.length);
      body.left -= part.length;
      yield part;
    }
  }

  async #fill(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw damaged();
    this.#chunk = next.value;
  }
}
