const EMPTY = 0;

/**
 * From 64-bit numbers to numbers below 2^32 - 1: open addressing over one typed array of [low, high, value + 1].
 * A `Map<bigint, number>` needs five times the memory, and a lookup makes garbage.
 */
export class HashTable {
  #cells = new Uint32Array(3 * 16);
  #mask = 15;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#cells.byteLength;
  }

  get(low: number, high: number): number | undefined {
    const value = this.#cells[3 * this.#find(low, high) + 2] as number;
    return value === EMPTY ? undefined : value - 1;
  }

  set(low: number, high: number, value: number): void {
    if (2 * (this.#size + 1) > this.#mask + 1) this.#resize();
    const cell = this.#find(low, high);
    if (this.#cells[3 * cell + 2] === EMPTY) this.#size++;
    this.#write(cell, low, high, value + 1);
  }

  delete(low: number, high: number): void {
    let hole = this.#find(low, high);
    if (this.#cells[3 * hole + 2] === EMPTY) return;
    this.#size--;
    // Later cells of the same run move up, so that no lookup ends early at the hole (no tombstones).
    for (let cell = (hole + 1) & this.#mask; ; cell = (cell + 1) & this.#mask) {
      const [l = 0, h = 0, value = EMPTY] = this.#cells.subarray(3 * cell, 3 * cell + 3);
      if (value === EMPTY) break;
      const home = mix(l, h) & this.#mask;
      if (((cell - home) & this.#mask) < ((cell - hole) & this.#mask)) continue;
      this.#write(hole, l, h, value);
      hole = cell;
    }
    this.#write(hole, 0, 0, EMPTY);
  }

  #find(low: number, high: number): number {
    const cells = this.#cells;
    for (let cell = mix(low, high) & this.#mask; ; cell = (cell + 1) & this.#mask) {
      if (cells[3 * cell + 2] === EMPTY) return cell;
      if (cells[3 * cell] === low && cells[3 * cell + 1] === high) return cell;
    }
  }

  #write(cell: number, low: number, high: number, value: number): void {
    this.#cells[3 * cell] = low;
    this.#cells[3 * cell + 1] = high;
    this.#cells[3 * cell + 2] = value;
  }

  #resize(): void {
    const old = this.#cells;
    this.#mask = 2 * (this.#mask + 1) - 1;
    this.#cells = new Uint32Array(3 * (this.#mask + 1));
    for (let i = 0; i < old.length; i += 3) {
      const [low = 0, high = 0, value = EMPTY] = [old[i], old[i + 1], old[i + 2]];
      if (value !== EMPTY) this.#write(this.#find(low, high), low, high, value);
    }
  }
}

/** Neighbouring numbers must not pile up in one run. */
function mix(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
