// Reads the protobuf wire format from one buffer. What runs past the end is refused as it is read.

export interface UnknownField {
  readonly no: number;
  readonly wireType: number;
  readonly data: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Shorter texts are read faster letter by letter than by a call out of JavaScript. */
const SHORT_TEXT = 16;
const REPLACEMENT = '\ufffd';

export class Reader {
  pos = 0;
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  tag(): number {
    const first = this.#bytes[this.pos];
    if (first !== undefined && first < 0x80 && first > 7) {
      this.pos += 1;
      return first;
    }
    const start = this.pos;
    const tag = this.uint32();
    const size = this.pos - start;
    if (tag < 8 || size > 5 || (size === 5 && (this.#bytes[this.pos - 1] ?? 0) > 0x0f)) {
      throw new RangeError('illegal tag');
    }
    return tag;
  }

  /** Of a varint of any length the lower 32 bits. */
  uint32(): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.pos++];
      if (byte === undefined) throw tooShort();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('varint is longer than 10 bytes');
  }

  int32(): number {
    return this.uint32() | 0;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  uint64(): bigint {
    const bytes = this.#bytes;
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let at = 0; at < 10; at += 1) {
      const byte = bytes[this.pos++];
      if (byte === undefined) throw tooShort();
      const bits = byte & 0x7f;
      if (at < 4) low |= bits << (7 * at);
      else if (at < 8) middle |= bits << (7 * (at - 4));
      else high |= bits << (7 * (at - 8));
      if (byte >= 0x80) continue;
      if (at < 4) return BigInt(low >>> 0);
      const upper = (BigInt(high & 0xff) << 28n) | BigInt(middle >>> 0);
      return (upper << 28n) | BigInt(low >>> 0);
    }
    throw new RangeError('varint is longer than 10 bytes');
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  sint64(): bigint {
    const value = this.uint64();
    return (value >> 1n) ^ -(value & 1n);
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  fixed32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  sfixed32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  sfixed64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  float(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const end = this.end();
    const part = this.#bytes.subarray(this.pos, end);
    this.pos = end;
    return part;
  }

  until(end: number): Uint8Array {
    const part = this.#bytes.subarray(this.pos, end);
    this.pos = end;
    return part;
  }

  /** Throws for what is not UTF-8. */
  string(): string {
    const end = this.end();
    const start = this.pos;
    this.pos = end;
    if (end - start <= SHORT_TEXT) {
      const text = this.#ascii(start, end);
      if (text !== undefined) return text;
    }
    const text = this.#buffer.toString('utf8', start, end);
    // It stands for what could not be read, unless it was sent.
    return text.includes(REPLACEMENT) ? strict.decode(this.#bytes.subarray(start, end)) : text;
  }

  #ascii(start: number, end: number): string | undefined {
    const bytes = this.#bytes;
    let text = '';
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (byte >= 0x80) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Reads a length, and says where what follows ends. */
  end(): number {
    const end = this.uint32() + this.pos;
    if (end > this.#bytes.length) throw tooShort();
    return end;
  }

  /** Skips a field and returns it as it is. */
  unknown(tag: number): UnknownField {
    const start = this.pos;
    this.#skip(tag >>> 3, tag & 7);
    return { no: tag >>> 3, wireType: tag & 7, data: this.#bytes.subarray(start, this.pos) };
  }

  #skip(no: number, wireType: number): void {
    if (wireType === VARINT) this.uint32();
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === FIXED32) this.#advance(4);
    else if (wireType === DELIMITED) this.pos = this.end();
    else if (wireType === START_GROUP) this.#skipGroup(no);
    else throw new RangeError(`illegal wire type ${wireType}`);
  }

  #skipGroup(no: number): void {
    let tag = this.tag();
    for (; (tag & 7) !== END_GROUP; tag = this.tag()) this.#skip(tag >>> 3, tag & 7);
    if (tag >>> 3 !== no) throw new RangeError('invalid end group tag');
  }

  #advance(size: number): number {
    const start = this.pos;
    this.pos += size;
    if (this.pos > this.#bytes.length) throw tooShort();
    return start;
  }
}

function tooShort(): RangeError {
  return new RangeError('premature end');
}
