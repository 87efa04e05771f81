/**
 * Graphs for the apps that are too large to scan. A scan takes 1 to 2 ms for 100,000 documents and grows with them; a
 * walk through an HNSW graph takes about 1 ms whatever their number, but the graph takes minutes to build. So:
 *
 * - An app gets a graph when it has `buildFrom` documents, built in the background, one at a time; until it is
 *   ready the app is scanned as before.
 * - A graph is never changed. Documents that came later (the fresh ones) are scanned and merged into each answer,
 *   those that went are dropped from it, and when both together pass a third of the graph the next one is built
 *   beside it.
 * - The graph is asked for as many as make the filter likely to leave enough; where it doesn't, the scan answers. A
 *   query whose filter leaves few documents for what the graph would have to be asked for is scanned in the first
 *   place: that is faster, and complete.
 *
 * A graph belongs to one app, so no filter on the app is needed, and none can be forgotten.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as yieldToQueries } from 'node:timers/promises';
import type { Gate } from '../flat/gate.ts';
import type { Slots } from '../flat/slots.ts';
import type { VectorQuery } from '../vectors.ts';
import { AppGraph, type Reached } from './app-graph.ts';
import { loadZvec } from './binding.ts';
import { runBuild } from './builder.ts';
import { Graph } from './graph.ts';
import { type Snapshot, writeSnapshot } from './snapshot.ts';

export interface GraphOptions {
  /** The program that builds. Default: the source beside this module, which needs tsx. */
  readonly builder?: string;
  /** Documents from which on an app gets a graph; default 50,000. */
  readonly buildFrom?: number;
  /**
   * How many documents a scan looks at in the time in which a walk finds one; default 150 (measured at 100,000 to
   * 300,000 documents of 512 dimensions, filters of 5% and 20%).
   */
  readonly walkCost?: number;
}

export interface GraphContext {
  readonly slots: Slots;
  readonly dimensions: number;
  /** Of the space. */
  readonly folder: string;
  readonly vectorsFile: string;
  /** Shared by all spaces: one build at a time. */
  readonly turn: Gate;
  readonly onFailure: (reason: string) => void;
}

const SLICE = 20_000;

export class Graphs {
  readonly #context: GraphContext;
  readonly #folder: string;
  readonly #builder: string | undefined;
  readonly #buildFrom: number;
  readonly #walkCost: number;
  readonly #ready = new Map<bigint, AppGraph>();
  readonly #building = new Map<bigint, Promise<void>>();
  readonly #failed = new Set<bigint>();
  readonly #stop = new AbortController();
  #serial = 0;

  constructor(context: GraphContext, options: GraphOptions) {
    this.#context = context;
    this.#folder = join(context.folder, 'graphs');
    this.#builder = options.builder;
    this.#buildFrom = options.buildFrom ?? 50_000;
    this.#walkCost = options.walkCost ?? 150;
  }

  get building(): boolean {
    return this.#building.size > 0;
  }

  /** Documents of large apps that no graph covers. */
  get unindexed(): number {
    const large = this.#context.slots
      .liveApps()
      .filter((app) => this.#size(app) >= this.#buildFrom);
    return large.reduce(
      (sum, app) => sum + (this.#ready.get(app)?.fresh().count ?? this.#size(app)),
      0,
    );
  }

  /** Takes up the graphs of an earlier run; one that can't be read is built again. */
  async load(): Promise<void> {
    if (!existsSync(this.#folder)) return;
    const names = await readdir(this.#folder);
    for (const name of names.sort((a, b) => serialOf(a) - serialOf(b))) {
      this.#serial = Math.max(this.#serial, serialOf(name));
      await this.#loadOne(name).catch(() =>
        rm(join(this.#folder, name), { recursive: true, force: true }),
      );
    }
  }

  async #loadOne(name: string): Promise<void> {
    const [app] = /^\d+(?=-\d+$)/.exec(name) ?? [];
    if (!app) throw new Error('The build did not end.');
    const folder = join(this.#folder, name);
    // Native code reads these files: one that ended the process once must not do so at every start.
    const attempt = await open(join(folder, 'opening'), 'wx');
    await attempt.close();
    const graph = new AppGraph(BigInt(app), folder, this.#context.slots);
    await graph.open(Graph.open);
    await rm(join(folder, 'opening'));
    await this.#take(graph);
  }

  /** A slot has a new document. */
  entered(slot: number, app: bigint): void {
    for (const graph of this.#ready.values()) graph.entered(slot, app);
  }

  /** What a graph knows about a query, or nothing where a scan is the better way. */
  async nearest(query: VectorQuery, alone = false): Promise<Reached | undefined> {
    const graph = this.#ready.get(query.app);
    const wanted = graph && this.#wanted(query);
    if (!graph || wanted === undefined) return undefined;
    try {
      const slots = await graph.nearest(query.vector, wanted, alone);
      // Only the graph in use hears of new documents.
      return this.#ready.get(query.app) === graph ? graph.reached(slots) : undefined;
    } catch (error) {
      await this.#giveUp(graph, error);
      return undefined;
    }
  }

  /** Starts what is due for these apps. */
  nudge(apps: Iterable<bigint>): void {
    for (const app of new Set(apps)) {
      if (!this.#isDue(app) || this.#failed.has(app)) continue;
      this.#build(app).catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#context.onFailure(String(error));
      });
    }
  }

  /** Builds all that is due, and what becomes due meanwhile. */
  async settle(): Promise<void> {
    const due = () => this.#context.slots.liveApps().filter((app) => this.#isDue(app, 1));
    for (let apps = due(); apps.length > 0; apps = due()) {
      await Promise.all(apps.map((app) => this.#build(app)));
    }
    await Promise.all(this.#building.values());
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#building.values());
    for (const graph of this.#ready.values()) await graph.close();
    this.#ready.clear();
  }

  #size(app: bigint): number {
    return this.#context.slots.ofApp(app)?.count ?? 0;
  }

  /** How many to ask the graph for, so that the filter likely leaves enough. */
  #wanted({ app, k, filter, distinct }: VectorQuery): number | undefined {
    const size = this.#size(app);
    const candidates = Math.min(size, filter?.only?.values.length ?? size);
    if (candidates === 0) return undefined;
    const wanted = Math.ceil((1.5 * k * (distinct ? 4 : 1) * size) / candidates) + 32;
    const pays = wanted <= MOST_WANTED && candidates >= wanted * this.#walkCost;
    return pays ? wanted : undefined;
  }

  #isDue(app: bigint, tolerated?: number): boolean {
    const size = this.#size(app);
    if (size < this.#buildFrom || !loadZvec()) return false;
    const graph = this.#ready.get(app);
    if (!graph) return true;
    const limit = tolerated ?? Math.max(this.#buildFrom / 4, graph.size / 3);
    return graph.staleAtMost(size) >= limit && graph.stale(size) >= limit;
  }

  #build(app: bigint): Promise<void> {
    const running = this.#building.get(app);
    if (running) return running;
    const build = this.#context.turn.run(() => this.#buildNow(app));
    const tracked = build.finally(() => this.#building.delete(app));
    this.#building.set(app, tracked);
    // What came meanwhile may be as much again, and nothing more need come.
    return tracked.then(() => {
      if (!this.#stop.signal.aborted) this.nudge([app]);
    });
  }

  async #buildNow(app: bigint): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const folder = join(this.#folder, `${app}-${++this.#serial}`);
    const unfinished = `${folder}.new`;
    const graph = new AppGraph(app, folder, this.#context.slots);
    try {
      await mkdir(unfinished, { recursive: true });
      await writeSnapshot(unfinished, await this.#snapshot(app));
      const { vectorsFile: vectors, dimensions } = this.#context;
      const order = { vectors, dimensions, folder: unfinished };
      await runBuild(this.#builder, order, this.#stop.signal);
      await rename(unfinished, folder);
      await graph.open(Graph.open);
      await this.#take(graph);
      this.#failed.delete(app);
    } catch (error) {
      this.#failed.add(app);
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
  }

  /** Vectors of length 0 have no direction to be found by: they stay with the scan. */
  async #snapshot(app: bigint): Promise<Snapshot> {
    const { slots } = this.#context;
    const list = slots.ofApp(app);
    const copied = list?.slots.slice(0, list.count) ?? new Uint32Array(0);
    const kept = copied.filter((slot) => (slots.norms[slot] ?? 0) > 0);
    const keys = new BigUint64Array(kept.length);
    const checksums = new Uint32Array(kept.length);
    for (const [i, slot] of kept.entries()) {
      keys[i] = slots.key(slot);
      checksums[i] = slots.checksums[slot] ?? 0;
      if (i % SLICE === SLICE - 1) await yieldToQueries();
    }
    return { slots: kept, keys, checksums };
  }

  /** A graph that can't be read is of no use to the next query either. */
  async #giveUp(graph: AppGraph, error: unknown): Promise<void> {
    if (this.#ready.get(graph.app) !== graph) return;
    this.#ready.delete(graph.app);
    this.#failed.add(graph.app);
    this.#context.onFailure(String(error));
    await graph.discard();
  }

  async #take(graph: AppGraph): Promise<void> {
    const before = this.#ready.get(graph.app);
    this.#ready.set(graph.app, graph);
    await before?.discard();
  }
}

/** The walk keeps a list of three times as many, and 2,048 is the longest that it takes. */
const MOST_WANTED = 1_300;

function serialOf(name: string): number {
  return Number.parseInt(name.split('-')[1] ?? '0', 10) || 0;
}
