import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { isFull } from '../../home/full.ts';
import {
  assertDimensions,
  type VectorHit,
  type VectorQuery,
  type VectorStats,
} from '../vectors.ts';
import { createSpaceFolder } from './files.ts';
import type { DocColumns } from './protocol.ts';
import { Space, type SpaceGraphs } from './space.ts';

/** A space by name, whether or not it exists yet: opens, creates and drops it, and runs its changes one by one. */
export class Collection {
  readonly #folder: string;
  readonly #onLost: (reason: string) => void;
  readonly #graphs: SpaceGraphs | undefined;
  readonly #opened: Promise<void>;
  #space: Space | undefined;
  #tail: Promise<void>;

  constructor(folder: string, onLost: (reason: string) => void, graphs?: SpaceGraphs) {
    this.#folder = folder;
    this.#onLost = onLost;
    this.#graphs = graphs;
    this.#opened = this.#open();
    this.#tail = this.#opened.catch(() => undefined); // every later call reports it
  }

  /** Whether it exists, once earlier changes are through. */
  exists(): Promise<boolean> {
    return this.#inTurn(async () => this.#space !== undefined);
  }

  upsert(docs: DocColumns): Promise<void> {
    return this.#inTurn(async () => {
      const dimensions = docs.vectors.length / docs.keys.length;
      this.#space ??= await this.#create(dimensions);
      assertDimensions(this.#space.dimensions, dimensions);
      await this.#space.put(docs);
    });
  }

  remove(keys: BigUint64Array): Promise<void> {
    return this.#inTurn(async () => this.#space?.remove(keys));
  }

  removeApp(app: bigint): Promise<void> {
    return this.#inTurn(async () => this.#space?.removeApp(app));
  }

  /** Doesn't wait for changes under way: it sees what is durable now. */
  async query(query: VectorQuery, alone: boolean): Promise<VectorHit[]> {
    if (!this.#space) await this.#opened;
    return this.#space?.query(query, alone) ?? [];
  }

  /** The graphs are not waited for in turn: changes go on while they are built. */
  async optimize(): Promise<void> {
    await this.#inTurn(async () => this.#space?.compact());
    await this.#space?.graphs?.settle();
  }

  async stats(): Promise<VectorStats> {
    await this.#opened;
    const docs = this.#space?.slots.count ?? 0;
    const { dimensions = 0, memory = 0, graphs } = this.#space ?? {};
    const { unindexed = 0, building = false } = graphs ?? {};
    return { docs, indexed: docs - unindexed, unindexed, building, dimensions, memory };
  }

  drop(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#leave();
      await discard(this.#folder);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#leave());
  }

  async #create(dimensions: number): Promise<Space> {
    const seed = randomInt(2 ** 31);
    await createSpaceFolder(this.#folder, { format: 1, dimensions, seed });
    try {
      return await Space.open(this.#folder, this.#graphs);
    } catch (error) {
      // An empty folder that stays would stand in the way of the next attempt.
      await discard(this.#folder);
      throw error;
    }
  }

  async #leave(): Promise<void> {
    const space = this.#space;
    this.#space = undefined;
    await space?.close();
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(() => this.#opened).then(change);
    this.#tail = done.then(
      () => undefined,
      () => undefined, // the caller has it
    );
    return done;
  }

  /** A folder that fails to load is discarded: it holds nothing that the rows do not. */
  async #open(): Promise<void> {
    if (!existsSync(this.#folder)) return;
    try {
      this.#space = await Space.open(this.#folder, this.#graphs);
    } catch (error) {
      if (isPassing(error)) throw error;
      await discard(this.#folder);
      this.#onLost(error instanceof Error ? error.message : String(error));
    }
  }
}

/** Trouble of the machine rather than of the files: they may be sound, and stay. */
function isPassing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return (
    isFull(error) ||
    ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EROFS'].includes(code)
  );
}

/** Out of the way in one step, so that an interrupted removal leaves nothing that looks like a space. */
async function discard(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const gone = `${folder}.gone`;
  await rm(gone, { recursive: true, force: true });
  await rename(folder, gone);
  await rm(gone, { recursive: true, force: true });
}
