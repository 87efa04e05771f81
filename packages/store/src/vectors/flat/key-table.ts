import { HashTable } from './hash-table.ts';

const PAGE = 64;
const EMPTY = 0;

/**
 * From row keys to numbers below 2^32 - 1. Row keys count up, so they are kept in pages of 64 neighbours: a key
 * takes a few bytes, and a filter that names thousands in order finds most of them in the page it has just used
 * (5 ns each; a hash table's 26 ns each are a millisecond for 50,000). Keys come as halves of a `BigUint64Array`
 * seen as `Uint32Array` (little endian).
 */
export class KeyTable {
  readonly #pageOf = new HashTable();
  /** Value + 1, page after page. */
  #cells = new Uint32Array(PAGE);
  #used = new Uint8Array(1);
  #pages = 0;
  readonly #free: number[] = [];
  #size = 0;
  // The page used last.
  #low = -1;
  #high = -1;
  #page: number | undefined;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#pageOf.bytes + this.#cells.byteLength + this.#used.byteLength;
  }

  get(low: number, high: number): number | undefined {
    const page = this.#find(low, high);
    if (page === undefined) return undefined;
    const value = this.#cells[page * PAGE + (low & (PAGE - 1))] as number; // a page is whole
    return value === EMPTY ? undefined : value - 1;
  }

  set(low: number, high: number, value: number): void {
    const page = this.#find(low, high) ?? this.#addPage(low, high);
    const cell = page * PAGE + (low & (PAGE - 1));
    if (this.#cells[cell] === EMPTY) {
      this.#used[page] = (this.#used[page] ?? 0) + 1;
      this.#size++;
    }
    this.#cells[cell] = value + 1;
  }

  delete(low: number, high: number): void {
    const page = this.#find(low, high);
    if (page === undefined) return;
    const cell = page * PAGE + (low & (PAGE - 1));
    if (this.#cells[cell] === EMPTY) return;
    this.#cells[cell] = EMPTY;
    this.#size--;
    const used = (this.#used[page] ?? 1) - 1;
    this.#used[page] = used;
    if (used > 0) return;
    this.#pageOf.delete(pageLow(low, high), pageHigh(high));
    this.#free.push(page);
    this.#low = -1;
  }

  #find(low: number, high: number): number | undefined {
    const [pl, ph] = [pageLow(low, high), pageHigh(high)];
    if (pl === this.#low && ph === this.#high) return this.#page;
    this.#low = pl;
    this.#high = ph;
    this.#page = this.#pageOf.get(pl, ph);
    return this.#page;
  }

  #addPage(low: number, high: number): number {
    const page = this.#free.pop() ?? this.#pages++;
    if (page >= this.#used.length) this.#enlarge(Math.ceil(1.5 * page) + 1);
    this.#pageOf.set(pageLow(low, high), pageHigh(high), page);
    this.#low = -1;
    return page;
  }

  #enlarge(pages: number): void {
    const [cells, used] = [this.#cells, this.#used];
    this.#cells = new Uint32Array(pages * PAGE);
    this.#cells.set(cells);
    this.#used = new Uint8Array(pages);
    this.#used.set(used);
  }
}

/** The halves of the key's page number. */
const pageLow = (low: number, high: number): number => ((low >>> 6) | (high << 26)) >>> 0;
const pageHigh = (high: number): number => high >>> 6;
