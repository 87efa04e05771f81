// Embeddings that wait for the index, read over a connection of the thread that takes them in.
import type pg from 'pg';
import type { WaitingRow } from '../../db/vector-work.ts';
import { silentLog } from '../../log.ts';
import type { DocColumns } from './protocol.ts';

export interface WaitingDocs {
  readonly space: bigint;
  /** Of one size. They stand in memory that the next read overwrites. */
  readonly docs: DocColumns;
}

export interface WaitingRows {
  read(limit: number): Promise<WaitingDocs[]>;
  close(): Promise<void>;
}

/** Connects when first asked: most of the time nothing waits, and the driver costs memory. */
export function waitingRows(connection: pg.PoolConfig): WaitingRows {
  let opened: ReturnType<typeof open> | undefined;
  const open = async () => {
    const { openDb } = await import('../../db/db.ts');
    const { readWaiting } = await import('../../db/vector-work.ts');
    const settings = { ...connection, application_name: 'limpid index' };
    const db = openDb({ connection: settings, log: silentLog, maxConnections: 1 });
    return { db, readWaiting };
  };
  const batches: Batch[] = [];
  return {
    read: async (limit) => {
      opened ??= open();
      const { db, readWaiting } = await opened;
      let used = 0;
      await readWaiting(db, limit, (row) => {
        const last = used > 0 ? batches[used - 1] : undefined;
        if (last?.takes(row)) return;
        batches[used] = Batch.for(row, limit, batches[used]);
        used += 1;
      });
      return batches.slice(0, used).map((batch) => batch.docs());
    },
    close: async () => (await opened)?.db.close(),
  };
}

/** Rows of one space and size, in columns. */
class Batch {
  readonly #limit: number;
  readonly #dimensions: number;
  readonly #keys: BigUint64Array;
  readonly #apps: BigUint64Array;
  readonly #inputs: BigUint64Array;
  readonly #kinds: Uint8Array;
  readonly #vectors: Float32Array;
  readonly #bytes: Uint8Array;
  #space = 0n;
  #count = 0;

  constructor(limit: number, dimensions: number) {
    this.#limit = limit;
    this.#dimensions = dimensions;
    this.#keys = new BigUint64Array(limit);
    this.#apps = new BigUint64Array(limit);
    this.#inputs = new BigUint64Array(limit);
    this.#kinds = new Uint8Array(limit);
    this.#vectors = new Float32Array(limit * dimensions);
    this.#bytes = new Uint8Array(this.#vectors.buffer);
  }

  /** Begins with a row, in the memory of an earlier batch where that fits: megabytes a second would be garbage. */
  static for(row: WaitingRow, limit: number, earlier: Batch | undefined): Batch {
    const dimensions = row.vector.length / 4;
    const fits = earlier && earlier.#limit === limit && earlier.#dimensions === dimensions;
    const batch = fits ? earlier : new Batch(limit, dimensions);
    batch.#space = row.space;
    batch.#count = 0;
    batch.takes(row);
    return batch;
  }

  takes({ space, key, appKey, inputKey, kind, vector }: WaitingRow): boolean {
    if (space !== this.#space || vector.length !== this.#dimensions * 4) return false;
    const at = this.#count;
    this.#keys[at] = key;
    this.#apps[at] = appKey;
    this.#inputs[at] = inputKey;
    this.#kinds[at] = kind;
    this.#bytes.set(vector, at * vector.length);
    this.#count += 1;
    return true;
  }

  docs(): WaitingDocs {
    const count = this.#count;
    return {
      space: this.#space,
      docs: {
        keys: this.#keys.subarray(0, count),
        apps: this.#apps.subarray(0, count),
        inputs: this.#inputs.subarray(0, count),
        kinds: this.#kinds.subarray(0, count),
        vectors: this.#vectors.subarray(0, count * this.#dimensions),
      },
    };
  }
}
