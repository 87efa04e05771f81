import {
  type CodeKernel,
  codeKernel,
  MAX_PAGES,
  PAGE,
  type SketchKernel,
  sketchKernel,
  WIDE,
} from './kernel.ts';
import { createMemory, type WasmMemory } from './wasm.ts';

/** Slots that one call of a kernel takes; longer lists go through in blocks of this size. */
const BLOCK = 8_192;
const OUT_AT = BLOCK * 4;
const QUERY_AT = OUT_AT + BLOCK * 4;
const HISTOGRAM_AT = QUERY_AT + 16_384;
const BASE = 131_072;

interface Part<K> {
  readonly memory: WasmMemory;
  readonly kernel: K;
}

interface Block<K> extends Part<K> {
  /** Where the block begins in the caller's list, and how many of its slots it takes. */
  readonly at: number;
  readonly size: number;
  /** Slots within this part: already in the kernel's list. */
  readonly list: Uint32Array;
}

/**
 * Fixed-size records by slot number, in WebAssembly memory where the kernels can read them. One memory ends at
 * 4 GiB; slots past its capacity continue in the next.
 */
class Slab<K> {
  readonly #recordBytes: number;
  readonly #capacity: number;
  readonly #link: (memory: WasmMemory) => K;
  readonly #parts: Part<K>[] = [];

  constructor(recordBytes: number, maxBytes: number, link: (memory: WasmMemory) => K) {
    this.#recordBytes = recordBytes;
    this.#capacity = Math.floor((maxBytes - BASE) / recordBytes);
    this.#link = link;
  }

  get bytes(): number {
    return this.#parts.reduce((sum, { memory }) => sum + memory.buffer.byteLength, 0);
  }

  /** A view of the slot's record, valid until the slab grows. */
  record(slot: number): Uint8Array {
    const at = BASE + (slot % this.#capacity) * this.#recordBytes;
    return new Uint8Array(this.#partOf(slot).memory.buffer, at, this.#recordBytes);
  }

  reserve(slots: number): void {
    for (let first = 0; first < slots; first += this.#capacity) {
      const index = first / this.#capacity;
      this.#parts[index] ??= this.#open();
      const bytes = BASE + Math.min(slots - first, this.#capacity) * this.#recordBytes;
      grow(this.#parts[index].memory, Math.ceil(bytes / PAGE));
    }
  }

  protected *blocks(slots: Uint32Array, count: number): Generator<Block<K>> {
    for (let at = 0; at < count; ) {
      const index = Math.floor((slots[at] ?? 0) / this.#capacity);
      const part = this.#partOf(slots[at] ?? 0);
      const size = this.#runLength(slots, at, Math.min(count, at + BLOCK), index);
      const list = new Uint32Array(part.memory.buffer, 0, BLOCK);
      list.set(slots.subarray(at, at + size));
      if (index) for (let i = 0; i < size; i++) list[i] = (list[i] ?? 0) - index * this.#capacity;
      yield { ...part, at, size, list };
      at += size;
    }
  }

  #runLength(slots: Uint32Array, from: number, to: number, index: number): number {
    if (this.#parts.length === 1) return to - from;
    const [first, end] = [index * this.#capacity, (index + 1) * this.#capacity];
    let at = from;
    while (at < to && (slots[at] ?? 0) >= first && (slots[at] ?? 0) < end) at++;
    return at - from;
  }

  #partOf(slot: number): Part<K> {
    const found = this.#parts[Math.floor(slot / this.#capacity)];
    if (!found) throw new RangeError(`Slot ${slot} lies past the end of the slab.`);
    return found;
  }

  #open(): Part<K> {
    const memory = createMemory(BASE / PAGE, MAX_PAGES);
    return { memory, kernel: this.#link(memory) };
  }
}

/** The int8 codes of the vectors. */
export class CodeSlab extends Slab<CodeKernel> {
  constructor(stride: number, maxBytes: number = MAX_PAGES * PAGE) {
    super(stride, maxBytes, (memory) => codeKernel(stride, memory));
  }

  /** The product of the query with each of the first `count` slots. */
  products(query: Int16Array, slots: Uint32Array, count: number, out: Int32Array): void {
    for (const { memory, kernel, at, size, list } of this.blocks(slots, count)) {
      const padded = Math.ceil(size / WIDE) * WIDE;
      list.fill(list[size - 1] ?? 0, size, padded);
      new Int16Array(memory.buffer, QUERY_AT, query.length).set(query);
      const kind = isDense(list, size) ? 'dense' : 'sparse';
      kernel[kind](0, padded, BASE, QUERY_AT, OUT_AT);
      out.set(new Int32Array(memory.buffer, OUT_AT, size), at);
    }
  }
}

/** One bit a dimension: on which side of the origin the rotated vector lies. */
export class SketchSlab extends Slab<SketchKernel> {
  #out = new Uint16Array(0);

  constructor(stride: number, maxBytes: number = MAX_PAGES * PAGE) {
    super(stride / 8, maxBytes, (memory) => sketchKernel(stride, memory));
  }

  /**
   * The differing bits for each of the first `count` slots, until the next call; `histogram` counts the slots by
   * that number.
   */
  distances(
    query: Uint8Array,
    slots: Uint32Array,
    count: number,
    histogram: Uint32Array,
  ): Uint16Array {
    if (this.#out.length < count) this.#out = new Uint16Array(Math.ceil(1.5 * count));
    for (const { memory, kernel, at, size } of this.blocks(slots, count)) {
      new Uint8Array(memory.buffer, QUERY_AT, query.length).set(query);
      const bins = new Uint32Array(memory.buffer, HISTOGRAM_AT, histogram.length).fill(0);
      kernel.hamming(0, size, BASE, QUERY_AT, OUT_AT, HISTOGRAM_AT);
      this.#out.set(new Uint16Array(memory.buffer, OUT_AT, size), at);
      for (let i = 0; i < bins.length; i++) histogram[i] = (histogram[i] ?? 0) + (bins[i] ?? 0);
    }
    return this.#out.subarray(0, count);
  }
}

function isDense(list: Uint32Array, size: number): boolean {
  const span = Math.abs((list[size - 1] ?? 0) - (list[0] ?? 0)) + 1;
  return size * 10 >= span * 9;
}

/** By a quarter at least: each growth detaches every view of the memory. */
function grow(memory: WasmMemory, wanted: number): void {
  const present = memory.buffer.byteLength / PAGE;
  if (wanted <= present) return;
  const ample = Math.max(wanted, Math.ceil(present * 1.25));
  memory.grow(Math.min(ample, MAX_PAGES) - present);
}
