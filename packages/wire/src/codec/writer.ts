// Writes the protobuf wire format into one buffer that grows. Lengths go in front of what they measure: room for them
// is left by a guess, and what follows is moved where the guess was wrong.
import type { UnknownField } from './reader.ts';

const FIRST_SIZE = 64 * 1024;
/** A buffer that grew beyond is not kept. */
const MOST_KEPT = 4 * 1024 * 1024;
const SHORT_TEXT = 32;

export class Writer {
  pos = 0;
  #buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);

  /** What was written, as a copy. The writer starts anew. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.pos);
    bytes.set(this.#buffer.subarray(0, this.pos));
    this.reset();
    return bytes;
  }

  reset(): void {
    this.pos = 0;
    if (this.#buffer.length > MOST_KEPT) this.#buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  #room(size: number): void {
    const needed = this.pos + size;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.pos);
    this.#buffer = larger;
  }

  /** Without a check: for tags and lengths. */
  varint(value: number): void {
    this.#room(5);
    const buffer = this.#buffer;
    let rest = value;
    while (rest > 0x7f) {
      buffer[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.pos++] = rest;
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw invalid('uint32', value);
    this.varint(value);
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw invalid('int32', value);
    if (value >= 0) this.varint(value);
    else this.#varint64(BigInt(value));
  }

  sint32(value: number): void {
    if ((value | 0) !== value) throw invalid('sint32', value);
    this.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  int64(value: bigint | string | number): void {
    const big = BigInt(value);
    if (BigInt.asIntN(64, big) !== big) throw invalid('int64', value);
    this.#varint64(big);
  }

  uint64(value: bigint | string | number): void {
    const big = BigInt(value);
    if (BigInt.asUintN(64, big) !== big) throw invalid('uint64', value);
    this.#varint64(big);
  }

  sint64(value: bigint | string | number): void {
    const big = BigInt(value);
    if (BigInt.asIntN(64, big) !== big) throw invalid('sint64', value);
    this.#varint64((big << 1n) ^ (big >> 63n));
  }

  #varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    this.#room(10);
    while (rest > 0x7fffffffn) {
      this.#buffer[this.pos++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.varint(Number(rest));
  }

  bool(value: boolean): void {
    this.varint(value ? 1 : 0);
  }

  fixed32(value: number): void {
    if (value >>> 0 !== value) throw invalid('fixed32', value);
    this.#room(4);
    this.pos = this.#buffer.writeUInt32LE(value, this.pos);
  }

  sfixed32(value: number): void {
    if ((value | 0) !== value) throw invalid('sfixed32', value);
    this.#room(4);
    this.pos = this.#buffer.writeInt32LE(value, this.pos);
  }

  fixed64(value: bigint | string | number): void {
    this.#room(8);
    this.pos = this.#buffer.writeBigUInt64LE(BigInt(value), this.pos);
  }

  sfixed64(value: bigint | string | number): void {
    this.#room(8);
    this.pos = this.#buffer.writeBigInt64LE(BigInt(value), this.pos);
  }

  float(value: number): void {
    if (typeof value !== 'number' || (Number.isFinite(value) && Math.abs(value) > LARGEST_FLOAT))
      throw invalid('float', value);
    this.#room(4);
    this.pos = this.#buffer.writeFloatLE(value, this.pos);
  }

  double(value: number): void {
    this.#room(8);
    this.pos = this.#buffer.writeDoubleLE(value, this.pos);
  }

  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw invalid('bytes', value);
    this.varint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#buffer.set(value, this.pos);
    this.pos += value.length;
  }

  string(value: string): void {
    if (typeof value !== 'string') throw invalid('string', value);
    if (value.length <= SHORT_TEXT && this.#ascii(value)) return;
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#room(size);
    this.pos += this.#buffer.write(value, this.pos, size, 'utf8');
  }

  /** False, and nothing written, for what is not ASCII. */
  #ascii(value: string): boolean {
    this.#room(SHORT_TEXT + 1);
    const buffer = this.#buffer;
    const start = this.pos + 1;
    for (let at = 0; at < value.length; at += 1) {
      const code = value.charCodeAt(at);
      if (code >= 0x80) return false;
      buffer[start + at] = code;
    }
    buffer[this.pos] = value.length;
    this.pos = start + value.length;
    return true;
  }

  unknown(fields: readonly UnknownField[]): void {
    for (const { no, wireType, data } of fields) {
      this.varint(((no << 3) | wireType) >>> 0);
      this.raw(data);
    }
  }

  /** Leaves room for a length of `guess` bytes; returns where what it measures starts. */
  open(guess: number): number {
    this.#room(guess);
    this.pos += guess;
    return this.pos;
  }

  /** Fills in the length of what was written since `open`. Returns how many bytes it took, for the next guess. */
  close(start: number, guess: number): number {
    const length = this.pos - start;
    const size = sizeOf(length);
    if (size !== guess) {
      this.#room(size);
      this.#buffer.copyWithin(start - guess + size, start, this.pos);
    }
    this.pos = start - guess;
    this.varint(length);
    this.pos += length;
    return size;
  }
}

const LARGEST_FLOAT = 3.4028234663852886e38;

function sizeOf(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  if (length < 0x200000) return 3;
  return length < 0x10000000 ? 4 : 5;
}

function invalid(type: string, value: unknown): Error {
  return new Error(`invalid ${type}: ${String(value).slice(0, 80)}`);
}
