import { mkdir } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import type pg from 'pg';
import { startThread } from '../start-thread.ts';
import {
  assertDocs,
  assertKeys,
  assertQuery,
  assertSpaceName,
  type VectorDoc,
  type VectorQuery,
  type Vectors,
  VectorsUnavailableError,
} from '../vectors.ts';
import type { GraphOptions } from '../zvec/graphs.ts';
import { lockFolder } from './folder-lock.ts';
import { Gate } from './gate.ts';
import { chunksOf, columnBuffers, ownQuery, packDocs, queryBuffers } from './pack.ts';
import { errorFrom, type Message, type Op, type Operations } from './protocol.ts';
import type { OwnerData } from './worker.ts';

export interface FlatOptions {
  /** Kept by this index alone. */
  readonly folder: string;
  /** The thread's program. Default: the source beside this module, which needs tsx. */
  readonly worker?: URL | string;
  /** Where embeddings wait to be taken in; absent, they come by `upsert` alone. */
  readonly database?: pg.PoolConfig;
  /** A space's files were damaged and are gone: its rows have to be indexed again. */
  readonly onLost?: (space: string, reason: string) => void;
  /** Graphs for large apps, by the optional package `@zvec/zvec`; `false`, or no package: scans answer all. */
  readonly graphs?: GraphOptions | false;
  /** A graph could not be built: scans go on answering. */
  readonly onGraphFailed?: (space: string, reason: string) => void;
}

/** Requests in the thread at once: more would only queue there. */
const QUERIES_IN_FLIGHT = 32;
const WRITES_IN_FLIGHT = 4;
/** Bytes of vectors in one message: a caller's thousand documents must not stop its event loop while copied. */
const MESSAGE_BYTES = 1_024 * 1_024;

/** The index in a thread of its own: one owner of the files, and none of the work on the caller's event loop. */
export async function openFlatVectors(options: FlatOptions): Promise<Vectors> {
  await mkdir(options.folder, { recursive: true });
  const unlock = await lockFolder(options.folder);
  const link = new OwnerLink(options);
  try {
    await link.call('hello', {});
  } catch (error) {
    await unlock();
    throw error;
  }
  return new FlatVectors(link, unlock);
}

class FlatVectors implements Vectors {
  readonly #link: OwnerLink;
  readonly #unlock: () => Promise<void>;
  readonly #queries = new Gate(QUERIES_IN_FLIGHT);
  readonly #writes = new Gate(WRITES_IN_FLIGHT);

  constructor(link: OwnerLink, unlock: () => Promise<void>) {
    this.#link = link;
    this.#unlock = unlock;
  }

  async upsert(space: string, docs: readonly VectorDoc[]) {
    assertSpaceName(space);
    assertDocs(docs);
    const size = Math.max(1, Math.floor(MESSAGE_BYTES / (4 * (docs[0]?.vector.length ?? 1))));
    const parts = [...chunksOf(docs, size)].map((part) =>
      this.#writes.run(() => {
        const columns = packDocs(part);
        return this.#link.call('upsert', { space, docs: columns }, columnBuffers(columns));
      }),
    );
    await settleAll(parts);
  }

  takeWaiting(limit: number) {
    return this.#writes.run(() => this.#link.call('take', { limit }));
  }

  async remove(space: string, keys: readonly bigint[]) {
    assertSpaceName(space);
    assertKeys(keys);
    const columns = BigUint64Array.from(keys);
    await this.#writes.run(() => this.#link.call('remove', { space, keys: columns }));
  }

  async removeApp(space: string, app: bigint) {
    assertSpaceName(space);
    assertKeys([app]);
    await this.#writes.run(() => this.#link.call('removeApp', { space, app }));
  }

  async query(space: string, query: VectorQuery) {
    assertSpaceName(space);
    assertQuery(query);
    return this.#queries.run(() => {
      const own = ownQuery(query);
      const alone = this.#queries.busy === 1;
      return this.#link.call('query', { space, query: own, alone }, queryBuffers(own));
    });
  }

  async optimize(space: string) {
    assertSpaceName(space);
    await this.#link.call('optimize', { space });
  }

  async stats(space: string) {
    assertSpaceName(space);
    return this.#link.call('stats', { space });
  }

  spaces() {
    return this.#link.call('spaces', {});
  }

  async drop(space: string) {
    assertSpaceName(space);
    await this.#writes.run(() => this.#link.call('drop', { space }));
  }

  async close() {
    await this.#link.close();
    await this.#unlock();
  }
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Calls to the owner's thread. A thread that ends fails its calls; the next call starts another. */
class OwnerLink {
  readonly #options: FlatOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;
  #closed = false;

  constructor(options: FlatOptions) {
    this.#options = options;
  }

  call<O extends Op>(
    op: O,
    input: Operations[O]['input'],
    transfer: ArrayBuffer[] = [],
  ): Promise<Operations[O]['output']> {
    if (!this.#closed) return this.#send(op, input, transfer);
    return Promise.reject(new VectorsUnavailableError('The vector index is closed.'));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#worker) return;
    await this.#send('close', {}, []);
    await this.#worker?.terminate();
  }

  #send<O extends Op>(op: O, input: Operations[O]['input'], transfer: ArrayBuffer[]) {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = ++this.#lastId;
    return new Promise<Operations[O]['output']>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, op, ...input }, transfer);
    });
  }

  #start(): Worker {
    const { folder, graphs = {}, database } = this.#options;
    const data: OwnerData = { folder, graphs: graphs || undefined, database };
    const entry = this.#options.worker ?? new URL('./worker.ts', import.meta.url);
    const worker = startThread(entry, data);
    let failure = 'it ended';
    worker.on('message', (message: Message) => this.#receive(message));
    worker.on('error', (error) => {
      failure = error.message;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#failAll(`The vector index's thread is gone: ${failure}.`);
    });
    return worker;
  }

  #receive(message: Message): void {
    switch (message.event) {
      case 'lost':
        this.#options.onLost?.(message.space, message.reason);
        return;
      case 'graph-failed':
        this.#options.onGraphFailed?.(message.space, message.reason);
        return;
      case 'done':
        this.#settle(message.id, (call) => call.resolve(message.value as never)); // of the same op
        return;
      case 'failed':
        this.#settle(message.id, (call) => call.reject(errorFrom(message.error)));
        return;
      default:
        message satisfies never;
    }
  }

  #settle(id: number, settle: (call: Pending) => void): void {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (call) settle(call);
  }

  #failAll(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new VectorsUnavailableError(reason));
    this.#pending.clear();
  }
}

/** Waits for all before it rejects: no part of a failed call is still under way afterwards. */
async function settleAll(parts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(parts);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
