import { rm } from 'node:fs/promises';
import type { Candidates } from '../flat/candidates.ts';
import { SlotList, type Slots } from '../flat/slots.ts';
import type { Graph } from './graph.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';

/** What a graph knows about a query. */
export interface Reached {
  /** Nearest documents that it covers. */
  readonly near: Candidates;
  /** Documents that it does not cover: all of them are candidates. */
  readonly fresh: Candidates;
}

/** One app's graph, and the difference between it and the app's documents now. */
export class AppGraph {
  readonly app: bigint;
  readonly #folder: string;
  readonly #slots: Slots;
  /** 1 where the graph speaks for the document in the slot. */
  #covered = new Uint8Array(0);
  #fresh = new SlotList();
  #graph: Graph | undefined;
  /** Documents that it was built from. */
  size = 0;

  constructor(app: bigint, folder: string, slots: Slots) {
    this.app = app;
    this.#folder = folder;
    this.#slots = slots;
  }

  /** From here on every new document must be told with `entered`. */
  async open(openGraph: (folder: string) => Graph): Promise<void> {
    const snapshot = await readSnapshot(this.#folder);
    this.#graph = openGraph(this.#folder);
    this.#cover(snapshot);
    this.#listFresh();
    this.size = snapshot.slots.length;
  }

  entered(slot: number, app: bigint): void {
    if (slot < this.#covered.length) this.#covered[slot] = 0;
    if (app === this.app) this.#fresh.push(slot);
  }

  async nearest(vector: Float32Array, k: number, alone: boolean): Promise<Uint32Array> {
    return (await this.#graph?.nearest(vector, k, alone)) ?? new Uint32Array(0);
  }

  reached(slots: Uint32Array): Reached {
    const app = this.#slots.appNumber(this.app);
    const { apps } = this.#slots;
    const near = slots.filter(
      (slot) => this.#covered[slot] === 1 && this.#slots.isLive(slot) && apps[slot] === app,
    );
    return { near: { slots: near, count: near.length }, fresh: this.fresh() };
  }

  /** The list without what has gone, moved, or been entered twice. */
  fresh(): SlotList {
    const app = this.#slots.appNumber(this.app);
    const { apps, marks } = this.#slots;
    const seen = this.#slots.nextMark();
    const list = this.#fresh;
    let kept = 0;
    for (let i = 0; i < list.count; i++) {
      const slot = list.slots[i] as number; // i < count
      const stays = this.#slots.isLive(slot) && apps[slot] === app && !this.#covered[slot];
      if (!stays || marks[slot] === seen) continue;
      marks[slot] = seen;
      list.slots[kept++] = slot;
    }
    list.count = kept;
    return list;
  }

  /** Documents that a new graph would cover or leave out, and this one does not. */
  stale(documents: number): number {
    const fresh = this.fresh();
    const { norms } = this.#slots;
    let missing = 0;
    for (let i = 0; i < fresh.count; i++) if ((norms[fresh.slots[i] ?? 0] ?? 0) > 0) missing++;
    return missing + Math.max(0, this.size - (documents - fresh.count));
  }

  /** The same without looking: what went and came again counts twice. */
  staleAtMost(documents: number): number {
    return this.#fresh.count + Math.max(0, this.size - documents + this.#fresh.count);
  }

  async close(): Promise<void> {
    const graph = this.#graph;
    this.#graph = undefined;
    await graph?.close();
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #cover({ slots, keys, checksums }: Snapshot): void {
    const app = this.#slots.appNumber(this.app);
    this.#covered = new Uint8Array(this.#slots.end);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number; // i < length
      if (!this.#slots.isLive(slot) || this.#slots.apps[slot] !== app) continue;
      if (this.#slots.key(slot) !== keys[i] || this.#slots.checksums[slot] !== checksums[i])
        continue;
      this.#covered[slot] = 1;
    }
  }

  #listFresh(): void {
    const list = this.#slots.ofApp(this.app);
    this.#fresh = new SlotList();
    for (const slot of list?.slots.subarray(0, list.count) ?? []) {
      if (!this.#covered[slot]) this.#fresh.push(slot);
    }
  }
}
