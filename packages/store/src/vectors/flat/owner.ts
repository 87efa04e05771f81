import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphOptions } from '../zvec/graphs.ts';
import { Collection } from './collection.ts';
import { Gate } from './gate.ts';
import type { Op, Operations, Request } from './protocol.ts';

type Handlers = { [O in Op]: (input: Operations[O]['input']) => Promise<Operations[O]['output']> };

/** Tells of what the caller did not ask for. */
export type Report = (event: 'lost' | 'graph-failed', space: string, reason: string) => void;

/** All spaces of one folder. One process at a time may own a folder, and one thread in it. */
export class Owner {
  readonly #folder: string;
  readonly #report: Report;
  readonly #graphs: GraphOptions | undefined;
  readonly #turn = new Gate(1);
  readonly #collections = new Map<string, Collection>();
  readonly #handlers: Handlers = {
    upsert: async ({ space, docs }) => void (await this.#at(space).upsert(docs)),
    remove: async ({ space, keys }) => void (await this.#at(space).remove(keys)),
    removeApp: async ({ space, app }) => void (await this.#at(space).removeApp(app)),
    query: ({ space, query }) => this.#at(space).query(query),
    optimize: async ({ space }) => void (await this.#at(space).optimize()),
    stats: ({ space }) => this.#at(space).stats(),
    spaces: () => this.#spaces(),
    drop: async ({ space }) => void (await this.#at(space).drop()),
    hello: async () => undefined,
    close: async () => {
      await Promise.all([...this.#collections.values()].map((collection) => collection.close()));
      return undefined;
    },
  };

  /** Without `graphs` every answer is a scan. */
  constructor(folder: string, report: Report, graphs: GraphOptions | undefined) {
    this.#folder = folder;
    this.#report = report;
    this.#graphs = graphs;
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

  async #spaces(): Promise<string[]> {
    const all = [...this.#collections].map(async ([name, collection]) =>
      (await collection.exists()) ? [name] : [],
    );
    return (await Promise.all(all)).flat().sort();
  }
}
