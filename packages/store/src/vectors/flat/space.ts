import { join } from 'node:path';
import { setImmediate as yieldToQueries } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { assertDimensions, type VectorHit, type VectorQuery } from '../vectors.ts';
import type { GraphContext, GraphOptions } from '../zvec/graphs.ts';
import { Graphs } from '../zvec/graphs.ts';
import { Coder, sketchOf, strideOf } from './codes.ts';
import { closeSpaceFiles, openSpaceFiles, type SpaceFiles, VECTORS_FILE } from './files.ts';
import { type Change, DamagedError, encodeFrame, MAX_CHANGES, type Put, replay } from './log.ts';
import type { DocColumns } from './protocol.ts';
import { ordersByAngle, type Searchable, search } from './search.ts';
import { CodeSlab, SketchSlab } from './slab.ts';
import { Slots } from './slots.ts';

/** What a space needs for graphs of its large apps. */
export type SpaceGraphs = Pick<GraphContext, 'turn' | 'onFailure'> & {
  readonly options: GraphOptions;
};

/** Queries run between slices of encoding: this is the most they wait for one. */
const SLICE_MS = 2;
const LOAD_BYTES = 4 * 1_024 * 1_024;
/** Vectors are of one length if none differs from the first by more than this share of it. */
const LENGTH_TOLERANCE = 1e-4;
/** A log is rewritten when it holds this many changes and twice the live documents. */
const REWRITE_FROM = 65_536;

/**
 * One collection: memory for the search, files for the next start. Changes go to the files first (vectors and
 * codes, then the log, each synced) and to memory when they are durable; callers run one change at a time.
 */
export class Space implements Searchable {
  readonly slots = new Slots();
  readonly coder: Coder;
  readonly codes: CodeSlab;
  readonly sketches: SketchSlab;
  readonly #files: SpaceFiles;
  readonly #free: number[] = [];
  graphs: Graphs | undefined;
  #logged = 0;
  #length: number | undefined;
  sameLength = true;

  private constructor(files: SpaceFiles) {
    this.#files = files;
    this.coder = new Coder(files.header.dimensions, files.header.seed);
    this.codes = new CodeSlab(this.coder.stride);
    this.sketches = new SketchSlab(this.coder.stride);
  }

  /** Rejects with a `DamagedError` where the folder can't be trusted. */
  static async open(folder: string, graphs?: SpaceGraphs): Promise<Space> {
    const files = await openSpaceFiles(folder, strideOf);
    const space = new Space(files);
    try {
      await space.#load();
      if (graphs) await space.#loadGraphs(folder, graphs);
      return space;
    } catch (error) {
      await space.close();
      throw error;
    }
  }

  get dimensions(): number {
    return this.coder.dimensions;
  }

  get memory(): number {
    return this.codes.bytes + this.sketches.bytes + this.slots.bytes;
  }

  async query(query: VectorQuery, alone: boolean): Promise<VectorHit[]> {
    assertDimensions(this.dimensions, query.vector.length);
    const reached = ordersByAngle(this, query)
      ? await this.graphs?.nearest(query, alone)
      : undefined;
    return search(this, query, reached);
  }

  read(slot: number, into: Float32Array): void {
    this.#files.vectors.readSync(slot, bytesOf(into));
  }

  async put(docs: DocColumns): Promise<void> {
    const count = docs.keys.length;
    assertDimensions(this.dimensions, docs.vectors.length / count);
    for (let from = 0; from < count; from += MAX_CHANGES) {
      await this.#putSome(docs, from, Math.min(count, from + MAX_CHANGES));
    }
    await this.#rewriteIfLong();
    this.graphs?.nudge(docs.apps);
  }

  async remove(keys: BigUint64Array): Promise<void> {
    const known = Array.from(keys).filter((key) => this.slots.find(key) !== undefined);
    for (let from = 0; from < known.length; from += MAX_CHANGES) {
      const changes = known.slice(from, from + MAX_CHANGES);
      await this.#log(changes.map((key) => ({ op: 'remove', key })));
      for (const key of changes) this.#forget(key);
    }
    await this.#rewriteIfLong();
  }

  async removeApp(app: bigint): Promise<void> {
    if (!this.slots.ofApp(app)) return;
    await this.#log([{ op: 'removeApp', app }]);
    this.#forgetApp(app);
  }

  async close(): Promise<void> {
    await this.graphs?.close();
    await closeSpaceFiles(this.#files);
  }

  async #putSome(docs: DocColumns, from: number, to: number): Promise<void> {
    const slots = this.#takeSlots(to - from);
    try {
      const { codes, changes } = await this.#encode(docs, from, slots);
      const { dimensions } = this;
      const vectors = docs.vectors.subarray(from * dimensions, to * dimensions);
      await this.#files.vectors.write(slots, bytesOf(vectors));
      await this.#files.codes.write(slots, codes);
      await Promise.all([this.#files.vectors.sync(), this.#files.codes.sync()]);
      this.#reserve(Math.max(this.slots.end, ...slots) + 1);
      await this.#log(changes);
      changes.forEach((change, i) => {
        this.#enter(change, recordAt(codes, i, this.coder.stride));
      });
    } catch (error) {
      this.#free.push(...slots.filter((slot) => slot < this.slots.end));
      throw error;
    }
  }

  async #encode(docs: DocColumns, from: number, slots: readonly number[]) {
    const { stride, dimensions } = this.coder;
    const codes = new Uint8Array(slots.length * stride);
    const changes: Put[] = [];
    let sliceEnd = performance.now() + SLICE_MS;
    for (const [i, slot] of slots.entries()) {
      const doc = from + i;
      const record = recordAt(codes, i, stride);
      const vector = docs.vectors.subarray(doc * dimensions, (doc + 1) * dimensions);
      const { scale, norm } = this.coder.encode(vector, signedOf(record));
      changes.push({
        ...{ op: 'put', slot, checksum: crc32(record), scale, norm },
        ...{ key: docs.keys[doc] ?? 0n, app: docs.apps[doc] ?? 0n, input: docs.inputs[doc] ?? 0n },
        kind: docs.kinds[doc] ?? 0,
      });
      if (performance.now() < sliceEnd) continue;
      await yieldToQueries();
      sliceEnd = performance.now() + SLICE_MS;
    }
    return { codes, changes };
  }

  #takeSlots(count: number): number[] {
    const reused = this.#free.splice(Math.max(0, this.#free.length - count)).sort((a, b) => a - b);
    const { end } = this.slots;
    const fresh = Array.from({ length: count - reused.length }, (_, i) => end + i);
    return [...reused, ...fresh];
  }

  async #log(changes: readonly Change[]): Promise<void> {
    await this.#files.log.append(encodeFrame(changes));
    this.#logged += changes.length;
  }

  /** All memory that the change can need, so that nothing fails once it is in the log. */
  #reserve(end: number): void {
    this.codes.reserve(end);
    this.sketches.reserve(end);
    this.slots.reserve(end);
  }

  #enter(change: Put, code: Uint8Array): void {
    this.#place(change.slot, code);
    const replaced = this.slots.put(change.slot, change);
    if (replaced !== undefined) this.#free.push(replaced);
    this.graphs?.entered(change.slot, change.app);
    this.#noteLength(change.norm);
  }

  #place(slot: number, code: Uint8Array): void {
    this.codes.record(slot).set(code);
    sketchOf(signedOf(code), this.sketches.record(slot));
  }

  #noteLength(norm: number): void {
    this.#length ??= norm;
    if (Math.abs(norm - this.#length) > this.#length * LENGTH_TOLERANCE) this.sameLength = false;
  }

  #forget(key: bigint): void {
    const slot = this.slots.remove(key);
    if (slot !== undefined) this.#free.push(slot);
  }

  #forgetApp(app: bigint): void {
    const list = this.slots.ofApp(app);
    while (list && list.count > 0) this.#forget(this.slots.key(list.slots[list.count - 1] ?? 0));
  }

  async #loadGraphs(folder: string, { options, turn, onFailure }: SpaceGraphs): Promise<void> {
    const { slots, dimensions } = this;
    const vectorsFile = join(folder, VECTORS_FILE);
    const context = { slots, dimensions, folder, vectorsFile, turn, onFailure };
    this.graphs = new Graphs(context, options);
    await this.graphs.load();
    this.graphs.nudge(slots.liveApps());
  }

  async #load(): Promise<void> {
    const log = await this.#files.log.read();
    const end = replay(log, (change) => {
      this.#logged++;
      this.#replayed(change);
    });
    await this.#files.log.truncate(end);
    this.#listFree();
    if ((await this.#files.vectors.slots()) < this.slots.end) {
      throw new DamagedError('The file of vectors is shorter than the log says.');
    }
    await this.#loadCodes();
  }

  #replayed(change: Change): void {
    switch (change.op) {
      case 'put':
        if (this.slots.isLive(change.slot)) throw new DamagedError('The log fills a slot twice.');
        this.slots.put(change.slot, change);
        this.#noteLength(change.norm);
        return;
      case 'remove':
        this.slots.remove(change.key);
        return;
      case 'removeApp':
        this.#forgetApp(change.app);
        return;
      default:
        change satisfies never;
    }
  }

  /** Those below the end that no document holds, and the replay's own leavings with them. */
  #listFree(): void {
    this.#free.length = 0;
    for (let slot = this.slots.end - 1; slot >= 0; slot--) {
      if (!this.slots.isLive(slot)) this.#free.push(slot);
    }
  }

  async #loadCodes(): Promise<void> {
    const { end } = this.slots;
    const { stride } = this.coder;
    this.#reserve(end);
    const piece = Math.max(1, Math.floor(LOAD_BYTES / stride));
    for (let first = 0; first < end; first += piece) {
      const codes = new Uint8Array(Math.min(piece, end - first) * stride);
      await this.#files.codes.read(first, codes);
      for (let i = 0; i < codes.length / stride; i++) {
        const [slot, code] = [first + i, recordAt(codes, i, stride)];
        if (!this.slots.isLive(slot)) continue;
        if (crc32(code) !== this.slots.checksums[slot]) {
          throw new DamagedError(`The code in slot ${slot} fails its checksum.`);
        }
        this.#place(slot, code);
      }
    }
  }

  async #rewriteIfLong(): Promise<void> {
    if (this.#logged < REWRITE_FROM || this.#logged < 2 * this.slots.count) return;
    await this.compact();
  }

  /** Leaves the log with one change for each live document. */
  async compact(): Promise<void> {
    await this.#files.log.replace(this.#liveFrames());
    this.#logged = this.slots.count;
  }

  async *#liveFrames(): AsyncGenerator<Buffer> {
    let changes: Change[] = [];
    for (let slot = 0; slot < this.slots.end; slot++) {
      if (!this.slots.isLive(slot)) continue;
      changes.push({ op: 'put', slot, ...this.slots.entry(slot) });
      if (changes.length < MAX_CHANGES) continue;
      yield encodeFrame(changes);
      changes = [];
      await yieldToQueries();
    }
    if (changes.length > 0) yield encodeFrame(changes);
  }
}

function recordAt(codes: Uint8Array, index: number, stride: number): Uint8Array {
  return codes.subarray(index * stride, (index + 1) * stride);
}

function signedOf(bytes: Uint8Array): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
