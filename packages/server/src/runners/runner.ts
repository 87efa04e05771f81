// What is connected for one runner: replicas, their lines, and who waits for them.
import { FairQueue } from './fair-queue.ts';
import type { Item } from './item.ts';
import type { RunnerRequest, WorkKind } from './protocol.ts';

/** A place where items can run: a stream of a runner, or one legacy poll. It never throws. */
export interface Line {
  readonly runnerKey: string;
  readonly replicaId: string;
  /** Items at a time. */
  readonly slots: number;
  accepts(kind: WorkKind): boolean;
  start(item: RunnerRequest): void;
  /** More input for an item at work; resolves when it is on its way. */
  send(item: RunnerRequest): Promise<void>;
  endInput(itemId: string): void;
  /** Nobody waits for the item any more. */
  cancel(itemId: string): void;
  /** Ends the line: at once, with what the runner is told. */
  close(reason: CloseReason): void;
}

/** `retry`: connect again; `gone`: the runner was deleted or may not serve any more. */
export type CloseReason = 'retry' | 'gone';

/** A stream that carries nothing but cancellations. */
export interface ControlLine {
  readonly runnerKey: string;
  readonly replicaId: string;
  cancel(itemId: string): void;
  close(reason: CloseReason): void;
}

/** A line in the registry, with what runs on it. */
export interface Seat {
  readonly line: Line;
  readonly runner: Runner;
  /** Everything that the runner has not ended, abandoned items included: it still computes them. */
  readonly items: Map<string, Item>;
  open: boolean;
  /** Its runner takes nothing new. */
  retired: boolean;
}

interface Replica {
  readonly seats: Set<Seat>;
  /** Those with a slot to give, the one that has waited longest first. */
  readonly free: Set<Seat>;
  slots: number;
  used: number;
}

export class Runner {
  readonly key: string;
  readonly queue = new FairQueue<Item>();
  readonly controls = new Set<ControlLine>();
  readonly #replicas = new Map<string, Replica>();

  constructor(key: string) {
    this.key = key;
  }

  get connected(): boolean {
    return this.#replicas.size > 0;
  }

  get idle(): boolean {
    return !this.connected && this.queue.size === 0 && this.controls.size === 0;
  }

  get replicas(): number {
    return this.#replicas.size;
  }

  get streams(): number {
    return sum(this.#replicas.values(), (replica) => replica.seats.size);
  }

  get slots(): number {
    return sum(this.#replicas.values(), (replica) => replica.slots);
  }

  get inFlight(): number {
    return sum(this.#replicas.values(), (replica) => replica.used);
  }

  seats(): Seat[] {
    return [...this.#replicas.values()].flatMap((replica) => [...replica.seats]);
  }

  add(line: Line): Seat {
    const seat: Seat = { line, runner: this, items: new Map(), open: true, retired: false };
    let replica = this.#replicas.get(line.replicaId);
    if (!replica) {
      replica = { seats: new Set(), free: new Set(), slots: 0, used: 0 };
      this.#replicas.set(line.replicaId, replica);
    }
    replica.seats.add(seat);
    replica.free.add(seat);
    replica.slots += line.slots;
    return seat;
  }

  remove(seat: Seat): void {
    const replica = this.#replicas.get(seat.line.replicaId);
    if (!replica?.seats.delete(seat)) return;
    seat.open = false;
    replica.free.delete(seat);
    if (!seat.retired) replica.slots -= seat.line.slots;
    replica.used -= seat.items.size;
    if (replica.seats.size === 0) this.#replicas.delete(seat.line.replicaId);
  }

  retire(seat: Seat): void {
    const replica = this.#replicas.get(seat.line.replicaId);
    if (seat.retired || !replica?.seats.has(seat)) return;
    seat.retired = true;
    replica.free.delete(seat);
    replica.slots -= seat.line.slots;
  }

  take(seat: Seat, item: Item): void {
    seat.items.set(item.id, item);
    const replica = this.#replicas.get(seat.line.replicaId);
    if (!replica) return;
    replica.used += 1;
    if (seat.items.size >= seat.line.slots) replica.free.delete(seat);
    // Of two replicas that are equally busy, the other one comes next.
    this.#replicas.delete(seat.line.replicaId);
    this.#replicas.set(seat.line.replicaId, replica);
  }

  give(seat: Seat, itemId: string): void {
    const replica = this.#replicas.get(seat.line.replicaId);
    if (!seat.items.delete(itemId) || !replica?.seats.has(seat)) return;
    replica.used -= 1;
    if (!seat.retired) replica.free.add(seat);
  }

  /** A slot of the replica that has the smallest share of its slots taken. */
  freeSeat(kind: WorkKind): Seat | undefined {
    let best: { readonly seat: Seat; readonly load: number } | undefined;
    for (const replica of this.#replicas.values()) {
      if (replica.free.size === 0) continue;
      const load = replica.used / replica.slots;
      if (best && load >= best.load) continue;
      for (const seat of replica.free) {
        if (!seat.line.accepts(kind)) continue;
        best = { seat, load };
        break;
      }
    }
    return best?.seat;
  }

  hasRoomFor(group: string, limits: { queuePerRunner: number; queuePerGroup: number }): boolean {
    if (this.queue.size >= limits.queuePerRunner) return false;
    return this.queue.sizeOf(group) < limits.queuePerGroup;
  }
}

function sum<T>(values: Iterable<T>, of: (value: T) => number): number {
  let total = 0;
  for (const value of values) total += of(value);
  return total;
}
