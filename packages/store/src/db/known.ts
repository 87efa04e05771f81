// What was read of the rows that decide who may do what, kept for as long as none of them changed. One small read tells
// whether any did, and callers at the same time share it.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from './db.ts';

/** Of what was true when it was asked for, or later. For the moment: a request that goes on for long asks anew. */
export interface Known {
  /**
   * What `load` found under this key before, if nothing changed since; else what it finds now. What is absent is looked
   * for each time. The result is shared with other requests and must not be changed. `load` reads no other tables than
   * those with a trigger that calls advance_authority_epoch().
   */
  get<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>;
  /** The same for many small values of one kind; `load` gets the ids that are not kept, and may leave some out. */
  getMany<T>(kind: string, ids: readonly string[], load: LoadMany<T>): Promise<Map<string, T>>;
}

export type LoadMany<T> = (ids: string[]) => Promise<ReadonlyMap<string, T>>;

/** Beyond it all is forgotten, so that many callers can't fill the memory. */
const MOST_KEPT = 20_000;
const MOST_OF_MANY = 100_000;

class Epoch implements Known {
  readonly n: bigint;
  readonly #found = new Map<string, Promise<unknown>>();
  readonly #many = new Map<string, unknown>();

  constructor(n: bigint) {
    this.n = n;
  }

  get<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = this.#found.get(key);
    // Whoever uses a key reads the same type under it.
    if (found) return found as Promise<T>;
    if (this.#found.size >= MOST_KEPT) this.#found.clear();
    const loading = load();
    this.#found.set(key, loading);
    const forget = (): void => {
      if (this.#found.get(key) === loading) this.#found.delete(key);
    };
    loading.then((value) => value === undefined && forget(), forget);
    return loading;
  }

  async getMany<T>(
    kind: string,
    ids: readonly string[],
    load: LoadMany<T>,
  ): Promise<Map<string, T>> {
    const values = new Map<string, T>();
    const missing: string[] = [];
    for (const id of ids) {
      // Whoever uses a kind reads the same type under it.
      const value = this.#many.get(`${kind} ${id}`) as T | undefined;
      if (value === undefined) missing.push(id);
      else values.set(id, value);
    }
    if (missing.length === 0) return values;
    const loaded = await load(missing);
    if (this.#many.size + loaded.size > MOST_OF_MANY) this.#many.clear();
    for (const [id, value] of loaded) {
      this.#many.set(`${kind} ${id}`, value);
      values.set(id, value);
    }
    return values;
  }
}

class Reader {
  readonly #db: Db;
  #epoch = new Epoch(0n);
  #running: Promise<Known> | undefined;
  #next: Promise<Known> | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Who asks while a read runs shares the next one: what anybody gets was read after they asked. */
  now(): Promise<Known> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async #after(running: Promise<Known>): Promise<Known> {
    await Promise.allSettled([running]);
    await sleep(GATHER_MS);
    this.#next = undefined;
    return await this.#start();
  }

  #start(): Promise<Known> {
    const running = this.#read();
    this.#running = running;
    const done = (): void => {
      // Those who gather for the next one are not to be overtaken.
      if (this.#running === running && !this.#next) this.#running = undefined;
    };
    running.then(done, done);
    return running;
  }

  async #read(): Promise<Known> {
    const { rows } = await readEpoch.execute(this.#db);
    const n = rows[0]?.n ?? 0n;
    if (n !== this.#epoch.n) this.#epoch = new Epoch(n);
    return this.#epoch;
  }
}

/** Who asks on its own doesn't wait; where many do, each read serves more of them. */
const GATHER_MS = 1;

/** With a value: the statements that are kept planned are those with values. */
const readEpoch = sql<{ n: bigint }>`select n from authority_epoch where one = ${true}`;

const readers = new WeakMap<Db, Reader>();

/** Asks the database whether what is known of it still holds. */
export function knownNow(db: Db): Promise<Known> {
  let reader = readers.get(db);
  if (!reader) {
    reader = new Reader(db);
    readers.set(db, reader);
  }
  return reader.now();
}
