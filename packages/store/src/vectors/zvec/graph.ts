import { join } from 'node:path';
import { loadZvec, VECTOR_FIELD, type Zvec, type ZvecCollection } from './binding.ts';
import { GRAPH_FOLDER } from './snapshot.ts';

/** A finished graph: never written again, only read. Its documents are slots. */
export class Graph {
  readonly #zvec: Zvec;
  readonly #collection: ZvecCollection;
  #running = 0;
  #closing: (() => void) | undefined;

  private constructor(zvec: Zvec, collection: ZvecCollection) {
    this.#zvec = zvec;
    this.#collection = collection;
  }

  static open(folder: string): Graph {
    const zvec = loadZvec();
    if (!zvec) throw new Error('The package @zvec/zvec cannot be loaded.');
    return new Graph(zvec, zvec.ZVecOpen(join(folder, GRAPH_FOLDER), { readOnly: true }));
  }

  /**
   * About the `k` nearest slots, in no order that could be trusted. Alone it is looked for in this thread: to hand a
   * millisecond's work to another costs a third of it.
   */
  async nearest(vector: Float32Array, k: number, alone: boolean): Promise<Uint32Array> {
    this.#running++;
    try {
      const query = {
        fieldName: VECTOR_FIELD,
        vector,
        topk: k,
        outputFields: [],
        params: { indexType: this.#zvec.ZVecIndexType.HNSW, ef: candidatesFor(k) },
      };
      const hits = alone ? this.#collection.querySync(query) : await this.#collection.query(query);
      return Uint32Array.from(hits, ({ id }) => Number(id));
    } finally {
      this.#running--;
      if (this.#running === 0) this.#closing?.();
    }
  }

  /** Once the searches under way are through. */
  async close(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#closing = resolve;
      });
    }
    this.#collection.closeSync();
  }
}

/** The graph's own list while it walks: more of them, more of the true neighbours. */
function candidatesFor(k: number): number {
  return Math.min(MOST_CANDIDATES, Math.max(256, 3 * k));
}

/** More is refused. */
const MOST_CANDIDATES = 2_048;
