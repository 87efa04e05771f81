import type { KeySet, VectorFilter } from '../vectors.ts';
import type { Slots } from './slots.ts';

/** The slots that a query may answer with: the first `count` of `slots`. */
export interface Candidates {
  readonly slots: Uint32Array;
  readonly count: number;
  /** The longer list that these were taken from, and the place of each in it. */
  readonly from?: { readonly whole: Candidates; readonly places: Uint32Array };
}

/** A filter ready to be put to lists of the app's own slots: its key sets are looked up once. */
export function passing(slots: Slots, filter: VectorFilter = {}): (list: Candidates) => Candidates {
  const { kinds, only, except } = filter;
  if (!kinds && !only && !except) return (list) => list;
  const test = new FilterMarks(slots, kinds);
  if (except) test.exclude(except);
  if (only) test.include(only);
  return (list) => test.sweep(list);
}

/**
 * The app's documents that pass the filter. Few keys are looked up one by one; many are marked, and the app's own
 * list is swept, which keeps the slots in the order of memory.
 */
export function findCandidates(slots: Slots, app: bigint, filter: VectorFilter = {}): Candidates {
  const own = slots.ofApp(app);
  if (!own) return { slots: new Uint32Array(0), count: 0 };
  const { kinds, only, except } = filter;
  if (!only || only.values.length * 8 >= own.count) return passing(slots, filter)(own);
  const test = new FilterMarks(slots, kinds);
  if (except) test.exclude(except);
  return test.lookUp(only, slots.appNumber(app) ?? 0);
}

class FilterMarks {
  readonly #slots: Slots;
  readonly #kinds: Uint8Array | undefined;
  #excluded = 0;
  #included = 0;

  constructor(slots: Slots, kinds: readonly number[] | undefined) {
    this.#slots = slots;
    this.#kinds = kinds && kindTable(kinds);
  }

  /** Must come before `include`: a slot that both sets name is out. */
  exclude({ by, values }: KeySet): void {
    this.#excluded = this.#slots.nextMark();
    const { marks } = this.#slots;
    this.#slots.visit(by, values, (slot) => {
      marks[slot] = this.#excluded;
    });
  }

  include({ by, values }: KeySet): void {
    this.#included = this.#slots.nextMark();
    const { marks } = this.#slots;
    this.#slots.visit(by, values, (slot) => {
      if (!this.#excluded || marks[slot] !== this.#excluded) marks[slot] = this.#included;
    });
  }

  sweep(own: Candidates): Candidates {
    const { kept, places } = this.#slots.scratch(own.count + 1);
    let count = 0;
    // Written first and counted after: half of a random filter's branches would be predicted wrong.
    for (let i = 0; i < own.count; i++) {
      const slot = own.slots[i] as number; // i < count
      places[count] = i;
      kept[count] = slot;
      count += this.#passes(slot);
    }
    const from = { whole: own, places: places.slice(0, count) };
    return { slots: kept.slice(0, count), count, from };
  }

  #passes(slot: number): number {
    const { marks, kinds } = this.#slots;
    const mark = marks[slot] as number; // a live slot has every column
    const named = this.#included
      ? Number(mark === this.#included)
      : Number(!this.#excluded || mark !== this.#excluded);
    return this.#kinds ? named & (this.#kinds[kinds[slot] as number] as number) : named;
  }

  lookUp({ by, values }: KeySet, app: number): Candidates {
    const { marks, kinds, apps } = this.#slots;
    const seen = this.#slots.nextMark();
    const kept: number[] = [];
    this.#slots.visit(by, values, (slot) => {
      if (apps[slot] !== app || marks[slot] === seen) return;
      if (this.#excluded && marks[slot] === this.#excluded) return;
      if (this.#kinds && !this.#kinds[kinds[slot] ?? 0]) return;
      marks[slot] = seen;
      kept.push(slot);
    });
    return { slots: Uint32Array.from(kept), count: kept.length };
  }
}

function kindTable(kinds: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const kind of kinds) table[kind] = 1;
  return table;
}
