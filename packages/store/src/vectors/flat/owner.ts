import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spaceName } from '../space-name.ts';
import { type Taken, VectorInputError } from '../vectors.ts';
import type { GraphOptions } from '../zvec/graphs.ts';
import { Collection } from './collection.ts';
import { Gate } from './gate.ts';
import { assertColumns } from './pack.ts';
import type { DocColumns, Op, Operations, Request } from './protocol.ts';
import type { WaitingRows } from './waiting-rows.ts';

type Handlers = { [O in Op]: (input: Operations[O]['input']) => Promise<Operations[O]['output']> };

/** Tells of what the caller did not ask for. */
export type Report = (event: 'lost' | 'graph-failed', space: string, reason: string) => void;

export interface OwnerOptions {
  readonly folder: string;
  readonly report: Report;
  /** Without them every answer is a scan. */
  readonly graphs: GraphOptions | undefined;
  readonly rows: WaitingRows | undefined;
}

/** All spaces of one folder. One process at a time may own a folder, and one thread in it. */
export class Owner {
  readonly #folder: string;
  readonly #report: Report;
  readonly #graphs: GraphOptions | undefined;
  readonly #turn = new Gate(1);
  readonly #taking = new Gate(1);
  readonly #collections = new Map<string, Collection>();
  readonly #rows: WaitingRows | undefined;
  readonly #handlers: Handlers = {
    // One by one: what waits is read into the same memory again and again.
    take: ({ limit }) => this.#taking.run(() => this.#take(limit)),
    upsert: async ({ space, docs }) => void (await this.#at(space).upsert(docs)),
    remove: async ({ space, keys }) => void (await this.#at(space).remove(keys)),
    removeApp: async ({ space, app }) => void (await this.#at(space).removeApp(app)),
    query: ({ space, query, alone }) => this.#at(space).query(query, alone),
    optimize: async ({ space }) => void (await this.#at(space).optimize()),
    stats: ({ space }) => this.#at(space).stats(),
    spaces: () => this.#spaces(),
    drop: async ({ space }) => void (await this.#at(space).drop()),
    hello: async () => undefined,
    close: async () => {
      await this.#rows?.close();
      await Promise.all([...this.#collections.values()].map((collection) => collection.close()));
      return undefined;
    },
  };

  constructor({ folder, report, graphs, rows }: OwnerOptions) {
    this.#folder = folder;
    this.#report = report;
    this.#graphs = graphs;
    this.#rows = rows;
  }

  /** Begins to load every space; calls for one wait for it. */
  async start(): Promise<void> {
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      if (/\.(new|gone)$/.test(entry.name))
        await rm(join(this.#folder, entry.name), { recursive: true });
      else this.#at(entry.name);
    }
  }

  handle(request: Request): Promise<unknown> {
    const handler = this.#handlers[request.op] as (input: Request) => Promise<unknown>; // by its own op
    return handler(request);
  }

  #at(space: string): Collection {
    const found = this.#collections.get(space);
    if (found) return found;
    const folder = join(this.#folder, space);
    const onLost = (reason: string) => this.#report('lost', space, reason);
    const onFailure = (reason: string) => this.#report('graph-failed', space, reason);
    const graphs = this.#graphs && { options: this.#graphs, turn: this.#turn, onFailure };
    const collection = new Collection(folder, onLost, graphs);
    this.#collections.set(space, collection);
    return collection;
  }

  async #take(limit: number): Promise<Taken | undefined> {
    if (!this.#rows) return undefined;
    const spaces: Taken['spaces'][number][] = [];
    let count = 0;
    for (const { space: key, docs } of await this.#rows.read(limit)) {
      const space = spaceName(key);
      const refused = await this.#put(space, docs);
      spaces.push({ space, keys: docs.keys.slice(), refused });
      count += docs.keys.length;
    }
    return { count, spaces };
  }

  /** Why they can't be taken in, where that is for them. */
  async #put(space: string, docs: DocColumns): Promise<string | undefined> {
    try {
      assertColumns(docs);
      await this.#at(space).upsert(docs);
      return undefined;
    } catch (error) {
      if (error instanceof VectorInputError) return error.message;
      throw error;
    }
  }

  async #spaces(): Promise<string[]> {
    const all = [...this.#collections].map(async ([name, collection]) =>
      (await collection.exists()) ? [name] : [],
    );
    return (await Promise.all(all)).flat().sort();
  }
}
