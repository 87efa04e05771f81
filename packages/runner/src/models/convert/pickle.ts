import { ModelError } from '../errors.ts';

/** What a pickle may build: plain data and the results of allow-listed constructors. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleObject;

/** Anything a host function returns; opaque to the machine. */
export interface PickleObject {
  readonly kind: string;
}

export interface PickleHost {
  /** Functions that GLOBAL may name, as `module name`; every other name is refused. */
  readonly globals: ReadonlyMap<string, (args: readonly PickleValue[]) => PickleValue>;
  readonly persistent: (id: PickleValue) => PickleValue;
}

interface GlobalRef extends PickleObject {
  readonly kind: 'global';
  readonly call: (args: readonly PickleValue[]) => PickleValue;
}

const MARK: PickleObject = { kind: 'mark' };

/**
 * Runs one pickle of protocol 2 or below without executing code: only opcodes for data, and REDUCE
 * on allow-listed globals. Returns the value and the offset after its STOP.
 */
export function readPickle(
  bytes: Buffer,
  start: number,
  host: PickleHost,
): { value: PickleValue; end: number } {
  const machine = new Machine(bytes, start, host);
  try {
    return { value: machine.run(), end: machine.at };
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('format', 'damaged pickle', cause);
  }
}

class Machine {
  at: number;
  readonly #bytes: Buffer;
  readonly #host: PickleHost;
  readonly #memo = new Map<number, PickleValue>();
  #stack: PickleValue[] = [];

  constructor(bytes: Buffer, start: number, host: PickleHost) {
    this.#bytes = bytes;
    this.at = start;
    this.#host = host;
  }

  run(): PickleValue {
    for (;;) {
      const op = this.#u8();
      if (op === 0x2e) return this.#pop();
      if (!this.#literal(op) && !this.#memory(op) && !this.#build(op)) {
        throw new ModelError('format', `pickle opcode 0x${op.toString(16)} is not allowed`);
      }
    }
  }

  #literal(op: number): boolean {
    switch (op) {
      case 0x80: // PROTO
        if (this.#u8() > 2) throw new ModelError('format', 'pickle protocol above 2');
        return true;
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4b: // BININT1
        return this.#push(this.#u8());
      case 0x4d: // BININT2
        return this.#push(this.#bytes.readUInt16LE(this.#skip(2)));
      case 0x4a: // BININT
        return this.#push(this.#bytes.readInt32LE(this.#skip(4)));
      case 0x8a: // LONG1
        return this.#push(this.#long(this.#u8()));
      case 0x47: // BINFLOAT
        return this.#push(this.#bytes.readDoubleBE(this.#skip(8)));
      case 0x58: // BINUNICODE
        return this.#push(this.#text(this.#bytes.readUInt32LE(this.#skip(4))));
      default:
        return false;
    }
  }

  #memory(op: number): boolean {
    switch (op) {
      case 0x71: // BINPUT
        this.#memo.set(this.#u8(), this.#top());
        return true;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#bytes.readUInt32LE(this.#skip(4)), this.#top());
        return true;
      case 0x68: // BINGET
        return this.#push(this.#recall(this.#u8()));
      case 0x6a: // LONG_BINGET
        return this.#push(this.#recall(this.#bytes.readUInt32LE(this.#skip(4))));
      default:
        return false;
    }
  }

  #build(op: number): boolean {
    switch (op) {
      case 0x28: // MARK
        return this.#push(MARK);
      case 0x7d: // EMPTY_DICT
        return this.#push(new Map());
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        return this.#push([]);
      case 0x74: // TUPLE
        return this.#push(this.#sinceMark());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push(this.#take(op - 0x84));
      case 0x61: // APPEND
      case 0x65: // APPENDS
        return this.#append(op === 0x61 ? this.#take(1) : this.#sinceMark());
      case 0x73: // SETITEM
      case 0x75: // SETITEMS
        return this.#setItems(op === 0x73 ? this.#take(2) : this.#sinceMark());
      case 0x63: // GLOBAL
        return this.#push(this.#global(`${this.#line()} ${this.#line()}`));
      case 0x52: // REDUCE
        return this.#reduce();
      case 0x51: // BINPERSID
        return this.#push(this.#host.persistent(this.#pop()));
      case 0x62: // BUILD: attributes of a state dict, which carry no tensors
        this.#pop();
        return true;
      default:
        return false;
    }
  }

  #global(name: string): GlobalRef {
    const call = this.#host.globals.get(name);
    if (!call) throw new ModelError('format', `pickle names ${JSON.stringify(name)}`);
    return { kind: 'global', call };
  }

  #reduce(): boolean {
    const args = this.#pop();
    const target = this.#pop();
    if (!isGlobal(target) || !Array.isArray(args)) throw new ModelError('format', 'bad REDUCE');
    return this.#push(target.call(args));
  }

  #append(items: PickleValue[]): boolean {
    const list = this.#top();
    if (!Array.isArray(list)) throw new ModelError('format', 'bad APPEND');
    list.push(...items);
    return true;
  }

  #setItems(items: PickleValue[]): boolean {
    const map = this.#top();
    if (!(map instanceof Map)) throw new ModelError('format', 'bad SETITEM');
    for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i] ?? null, items[i + 1] ?? null);
    return true;
  }

  #sinceMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new ModelError('format', 'pickle without MARK');
    const items = this.#stack.slice(mark + 1);
    this.#stack = this.#stack.slice(0, mark);
    return items;
  }

  #take(count: number): PickleValue[] {
    if (this.#stack.length < count) throw new ModelError('format', 'pickle stack is empty');
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #long(length: number): bigint {
    let value = 0n;
    const start = this.#skip(length);
    for (let i = length - 1; i >= 0; i--)
      value = (value << 8n) | BigInt(this.#bytes[start + i] ?? 0);
    return BigInt.asIntN(length * 8, value);
  }

  #text(length: number): string {
    const start = this.#skip(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new ModelError('format', 'truncated pickle');
    const line = this.#bytes.toString('latin1', this.at, end);
    this.at = end + 1;
    return line;
  }

  #recall(key: number): PickleValue {
    const value = this.#memo.get(key);
    if (value === undefined) throw new ModelError('format', 'pickle memo is empty');
    return value;
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new ModelError('format', 'pickle stack is empty');
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new ModelError('format', 'pickle stack is empty');
    return value;
  }

  #u8(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  #skip(length: number): number {
    const start = this.at;
    if (start + length > this.#bytes.length) throw new ModelError('format', 'truncated pickle');
    this.at = start + length;
    return start;
  }
}

function isGlobal(value: PickleValue): value is GlobalRef {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'global';
}
