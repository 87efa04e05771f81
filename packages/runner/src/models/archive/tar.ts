import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ModelError } from '../errors.ts';
import { assertSafeMember } from './paths.ts';

const BLOCK = 512;
const MAX_HEADER_TEXT = 64 * 1024;

/** Reads the wanted regular files of a gzipped tarball in one pass; everything else is skipped. */
export async function readTarball(
  path: string,
  wanted: ReadonlySet<string>,
  limits: { readonly maxFileBytes: number; readonly maxTotalBytes: number },
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const gunzip = createGunzip();
  // The callback form destroys `gunzip` with the error, so the reader below throws it.
  pipeline(createReadStream(path), gunzip, () => {});
  const source = new BlockSource(gunzip, limits.maxTotalBytes);
  let longName: string | undefined;
  try {
    while (found.size < wanted.size) {
      const header = await source.take(BLOCK);
      if (!header || header.every((byte) => byte === 0)) break;
      const { name, size, type } = parseHeader(header);
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      if (type === 'x' || type === 'L') {
        if (size > MAX_HEADER_TEXT) throw new ModelError('archive', 'oversized tar header');
        const text = (await source.need(padded)).toString('utf8', 0, size);
        longName = type === 'x' ? (paxPath(text) ?? longName) : text.replace(/\0.*$/s, '');
        continue;
      }
      const member = longName ?? name;
      longName = undefined;
      if (type === '0' && wanted.has(member)) {
        assertSafeMember(member);
        if (size > limits.maxFileBytes) {
          throw new ModelError('archive', `member ${member} is larger than allowed`);
        }
        found.set(member, Buffer.from((await source.need(padded)).subarray(0, size)));
      } else {
        await source.skip(padded);
      }
    }
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('archive', 'the tarball does not unpack', cause);
  } finally {
    source.close();
  }
  return found;
}

function parseHeader(header: Buffer): { name: string; size: number; type: string } {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0);
  if (sum !== octal(header, 148, 8)) throw new ModelError('archive', 'bad tar header');
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header, 345, 155) : '';
  const name = text(header, 0, 100);
  const flag = String.fromCharCode(header[156] ?? 0);
  return {
    name: prefix ? `${prefix}/${name}` : name,
    size: octal(header, 124, 12),
    type: flag === '\0' ? '0' : flag,
  };
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  const stop = end < 0 || end > start + length ? start + length : end;
  return block.toString('utf8', start, stop);
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = text(block, start, length).trim();
  if (!/^[0-7]*$/.test(digits)) throw new ModelError('archive', 'bad number in tar header');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function paxPath(records: string): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)/.exec(records)?.[1];
}

/** Hands out exact numbers of bytes from a stream and stops a decompression bomb. */
class BlockSource {
  readonly #iterator: AsyncIterator<Buffer>;
  readonly #stream: Readable;
  readonly #limit: number;
  #pending: Buffer[] = [];
  #held = 0;
  #total = 0;

  constructor(stream: Readable, limit: number) {
    this.#stream = stream;
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#limit = limit;
  }

  async take(length: number): Promise<Buffer | undefined> {
    if (!(await this.#fill(length))) return undefined;
    const joined = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending);
    // `#fill` proved that at least `length` bytes are held.
    const bytes = joined as Buffer;
    this.#pending = bytes.length > length ? [bytes.subarray(length)] : [];
    this.#held = bytes.length - length;
    return bytes.subarray(0, length);
  }

  async need(length: number): Promise<Buffer> {
    const bytes = await this.take(length);
    if (!bytes) throw new ModelError('archive', 'truncated tarball');
    return bytes;
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      const step = Math.min(left, 1 << 20);
      await this.need(step);
      left -= step;
    }
  }

  close(): void {
    this.#stream.destroy();
  }

  async #fill(length: number): Promise<boolean> {
    while (this.#held < length) {
      const next = await this.#iterator.next();
      if (next.done) return false;
      this.#total += next.value.length;
      if (this.#total > this.#limit) throw new ModelError('archive', 'the tarball is too large');
      this.#pending.push(next.value);
      this.#held += next.value.length;
    }
    return true;
  }
}
