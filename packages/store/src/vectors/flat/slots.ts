import { KeyTable } from './key-table.ts';

/** Facts of one document, as the log holds them. Keys are row keys, so 63 bits. */
export interface Entry {
  readonly key: bigint;
  readonly app: bigint;
  readonly input: bigint;
  readonly kind: number;
  readonly scale: number;
  readonly norm: number;
  /** crc32 of the code. */
  readonly checksum: number;
}

/** The slots of one app. In ascending order after a start; a removal moves the last slot into the gap. */
export class SlotList {
  slots = new Uint32Array(4);
  count = 0;

  push(slot: number): number {
    if (this.count === this.slots.length) this.slots = enlarged(this.slots, 2 * this.count);
    this.slots[this.count] = slot;
    return this.count++;
  }
}

const NONE = 0xffffffff;

/**
 * Which documents there are: everything but the vectors, in columns by slot, with the ways in: by key, by input,
 * by app. Only whole, durable documents are entered.
 */
export class Slots {
  /** One past the highest slot ever used. */
  end = 0;
  scales = new Float32Array(16);
  norms = new Float32Array(16);
  checksums = new Uint32Array(16);
  kinds = new Uint8Array(16);
  /** Which input, as a small number of our own: slots of one input share it. */
  inputs = new Uint32Array(16);
  /** Which app, as a small number of our own. */
  apps = new Uint32Array(16);
  /** A query's mark on the slots that its key sets name. */
  marks = new Uint32Array(16);
  #keys = new BigUint64Array(16);
  /** Place in the app's list; `NONE` marks a free slot. */
  #places = new Uint32Array(16).fill(NONE);
  #nextOfInput = new Uint32Array(16);
  #previousOfInput = new Uint32Array(16);

  readonly #byKey = new KeyTable();
  readonly #inputKeys = new InternedKeys();
  #firstOfInput = new Uint32Array(16);
  readonly #appKeys = new InternedKeys();
  readonly #lists: SlotList[] = [];
  readonly #half = new Uint32Array(2);
  readonly #whole = new BigUint64Array(this.#half.buffer);
  #mark = 0;
  #scratch = { kept: new Uint32Array(0), places: new Uint32Array(0) };

  get count(): number {
    return this.#byKey.size;
  }

  get bytes(): number {
    const columns = [this.scales, this.norms, this.kinds, this.inputs, this.marks, this.#keys];
    const more = [this.apps, this.#places, this.checksums];
    const chains = [this.#nextOfInput, this.#previousOfInput];
    const tables = this.#byKey.bytes + this.#inputKeys.bytes + this.#firstOfInput.byteLength;
    return [...columns, ...more, ...chains].reduce(
      (sum, column) => sum + column.byteLength,
      tables,
    );
  }

  reserve(slots: number): void {
    if (slots <= this.marks.length) return;
    const size = Math.max(slots, Math.ceil(this.marks.length * 1.5));
    this.scales = enlarged(this.scales, size);
    this.norms = enlarged(this.norms, size);
    this.checksums = enlarged(this.checksums, size);
    this.kinds = enlarged(this.kinds, size);
    this.inputs = enlarged(this.inputs, size);
    this.marks = enlarged(this.marks, size);
    this.#keys = enlarged(this.#keys, size);
    this.apps = enlarged(this.apps, size);
    this.#nextOfInput = enlarged(this.#nextOfInput, size);
    this.#previousOfInput = enlarged(this.#previousOfInput, size);
    const used = this.#places.length;
    this.#places = enlarged(this.#places, size).fill(NONE, used);
  }

  /** Enters a document; answers the slot that held its key before and is free now. */
  put(slot: number, entry: Entry): number | undefined {
    const replaced = this.remove(entry.key);
    this.reserve(slot + 1);
    this.end = Math.max(this.end, slot + 1);
    this.#keys[slot] = entry.key;
    this.kinds[slot] = entry.kind;
    this.checksums[slot] = entry.checksum;
    this.scales[slot] = entry.scale;
    this.norms[slot] = entry.norm;
    this.#byKey.set(...this.#halves(entry.key), slot);
    this.#linkInput(slot, entry.input);
    this.#linkApp(slot, entry.app);
    return replaced;
  }

  remove(key: bigint): number | undefined {
    const slot = this.#byKey.get(...this.#halves(key));
    if (slot === undefined) return undefined;
    this.#byKey.delete(...this.#halves(key));
    this.#unlinkInput(slot);
    this.#unlinkApp(slot);
    return slot;
  }

  isLive(slot: number): boolean {
    return slot < this.end && this.#places[slot] !== NONE;
  }

  find(key: bigint): number | undefined {
    return this.#byKey.get(...this.#halves(key));
  }

  entry(slot: number): Entry {
    return {
      key: this.key(slot),
      app: this.appKey(slot),
      input: this.input(slot),
      kind: this.kinds[slot] ?? 0,
      scale: this.scales[slot] ?? 0,
      norm: this.norms[slot] ?? 0,
      checksum: this.checksums[slot] ?? 0,
    };
  }

  key(slot: number): bigint {
    return this.#keys[slot] ?? 0n;
  }

  input(slot: number): bigint {
    return this.#inputKeys.key(this.inputs[slot] ?? 0);
  }

  appKey(slot: number): bigint {
    return this.#appKeys.key(this.apps[slot] ?? 0);
  }

  ofApp(app: bigint): SlotList | undefined {
    const index = this.appNumber(app);
    return index === undefined ? undefined : this.#lists[index];
  }

  appNumber(app: bigint): number | undefined {
    return this.#appKeys.find(...this.#halves(app));
  }

  liveApps(): bigint[] {
    return this.#lists.flatMap((list, index) => (list.count ? [this.#appKeys.key(index)] : []));
  }

  /** A fresh value for `marks`: no slot carries it yet. */
  nextMark(): number {
    if (this.#mark === NONE) {
      this.marks.fill(0);
      this.#mark = 0;
    }
    return ++this.#mark;
  }

  /** Room for a sweep, the same each time: fresh pages from the system cost more than the sweep. */
  scratch(size: number): { readonly kept: Uint32Array; readonly places: Uint32Array } {
    if (this.#scratch.kept.length < size) {
      const room = Math.ceil(1.5 * size);
      this.#scratch = { kept: new Uint32Array(room), places: new Uint32Array(room) };
    }
    return this.#scratch;
  }

  /** Calls `visit` with each live slot that a set of keys names. */
  visit(by: 'key' | 'input', values: BigUint64Array, visit: (slot: number) => void): void {
    const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    const table = by === 'key' ? this.#byKey : this.#inputKeys.table;
    for (let i = 0; i < halves.length; i += 2) {
      const found = table.get(halves[i] as number, halves[i + 1] as number);
      if (found === undefined) continue;
      if (by === 'key') visit(found);
      else this.#visitInput(found, visit);
    }
  }

  #visitInput(input: number, visit: (slot: number) => void): void {
    let slot = this.#firstOfInput[input] ?? NONE;
    while (slot !== NONE) {
      visit(slot);
      slot = this.#nextOfInput[slot] ?? NONE;
    }
  }

  #linkInput(slot: number, key: bigint): void {
    const [low, high] = this.#halves(key);
    let input = this.#inputKeys.find(low, high);
    if (input === undefined) {
      input = this.#inputKeys.add(key, low, high);
      if (input >= this.#firstOfInput.length)
        this.#firstOfInput = enlarged(this.#firstOfInput, 2 * input);
      this.#firstOfInput[input] = NONE;
    }
    const first = this.#firstOfInput[input] ?? NONE;
    this.inputs[slot] = input;
    this.#firstOfInput[input] = slot;
    this.#nextOfInput[slot] = first;
    this.#previousOfInput[slot] = NONE;
    if (first !== NONE) this.#previousOfInput[first] = slot;
  }

  #unlinkInput(slot: number): void {
    const input = this.inputs[slot] ?? 0;
    const next = this.#nextOfInput[slot] ?? NONE;
    const previous = this.#previousOfInput[slot] ?? NONE;
    if (next !== NONE) this.#previousOfInput[next] = previous;
    if (previous !== NONE) this.#nextOfInput[previous] = next;
    else this.#firstOfInput[input] = next;
    if (next !== NONE || previous !== NONE) return;
    this.#inputKeys.remove(input, ...this.#halves(this.#inputKeys.key(input)));
  }

  #linkApp(slot: number, key: bigint): void {
    const [low, high] = this.#halves(key);
    const app = this.#appKeys.find(low, high) ?? this.#appKeys.add(key, low, high);
    this.#lists[app] ??= new SlotList();
    this.apps[slot] = app;
    this.#places[slot] = this.#lists[app].push(slot);
  }

  #unlinkApp(slot: number): void {
    const app = this.apps[slot] ?? 0;
    const list = this.#lists[app];
    const place = this.#places[slot] ?? 0;
    this.#places[slot] = NONE;
    if (!list) return;
    const last = list.slots[--list.count] ?? 0;
    if (last !== slot) {
      list.slots[place] = last;
      this.#places[last] = place;
    }
    if (list.count > 0) return;
    this.#appKeys.remove(app, ...this.#halves(this.#appKeys.key(app)));
    this.#lists[app] = new SlotList();
  }

  #halves(key: bigint): [low: number, high: number] {
    this.#whole[0] = key;
    return [this.#half[0] ?? 0, this.#half[1] ?? 0];
  }
}

/** 64-bit keys as small numbers; a number freed is given out again. */
class InternedKeys {
  readonly table = new KeyTable();
  #keys = new BigUint64Array(16);
  #count = 0;
  readonly #free: number[] = [];

  get bytes(): number {
    return this.table.bytes + this.#keys.byteLength;
  }

  find(low: number, high: number): number | undefined {
    return this.table.get(low, high);
  }

  key(index: number): bigint {
    return this.#keys[index] ?? 0n;
  }

  add(key: bigint, low: number, high: number): number {
    const index = this.#free.pop() ?? this.#count++;
    if (index >= this.#keys.length) this.#keys = enlarged(this.#keys, 2 * index);
    this.#keys[index] = key;
    this.table.set(low, high, index);
    return index;
  }

  remove(index: number, low: number, high: number): void {
    this.table.delete(low, high);
    this.#free.push(index);
  }
}

type Column = Float32Array | Uint8Array | Uint32Array | BigUint64Array;

function enlarged<T extends Column>(column: T, length: number): T {
  const larger = new (column.constructor as new (length: number) => T)(length); // T's own constructor
  larger.set(column as never); // the same element type on both sides
  return larger;
}
