/**
 * Entry of the process that builds a graph: started by `builder.ts`, never imported. A process of its own because
 * a build takes minutes of native code: here it runs at the lowest priority, on one core, and a crash is an exit
 * code. It ends by itself when the platform does.
 */
import { open } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { loadZvec, VECTOR_FIELD, type Zvec, type ZvecCollection } from './binding.ts';
import { GRAPH_FOLDER, readSnapshot } from './snapshot.ts';

export interface BuildOrder {
  /** Full-precision vectors by slot. */
  readonly vectors: string;
  readonly dimensions: number;
  /** Folder with the snapshot; the graph goes beside it. */
  readonly folder: string;
}

const BATCH = 256;
/** By measurement on word vectors, the hardest data at hand: 16 links lost 1 to 2% of the neighbours. */
const LINKS = 32;
const BUILD_CANDIDATES = 200;

async function build(order: BuildOrder): Promise<void> {
  const zvec = loadZvec();
  if (!zvec) throw new Error('The package @zvec/zvec cannot be loaded.');
  const { slots } = await readSnapshot(order.folder);
  const collection = createCollection(zvec, join(order.folder, GRAPH_FOLDER), order.dimensions);
  await fill(collection, slots, order);
  await collection.optimize({ concurrency: 1 });
  collection.closeSync();
}

/** Codes of one byte: they halve the build and the search, and the caller ranks by full precision anyway. */
function createCollection(zvec: Zvec, path: string, dimension: number): ZvecCollection {
  const indexParams = {
    indexType: zvec.ZVecIndexType.HNSW,
    metricType: zvec.ZVecMetricType.COSINE,
    quantizeType: zvec.ZVecQuantizeType.INT8,
    m: LINKS,
    efConstruction: BUILD_CANDIDATES,
  };
  const dataType = zvec.ZVecDataType.VECTOR_FP32;
  const vectors = [{ name: VECTOR_FIELD, dataType, dimension, indexParams }];
  return zvec.ZVecCreateAndOpen(path, new zvec.ZVecCollectionSchema({ name: 'graph', vectors }));
}

async function fill(collection: ZvecCollection, slots: Uint32Array, order: BuildOrder) {
  const file = await open(order.vectors, 'r');
  try {
    for (let from = 0; from < slots.length; from += BATCH) {
      const docs = [];
      for (const slot of slots.subarray(from, from + BATCH)) {
        const vector = new Float32Array(order.dimensions);
        await file.read(
          new Uint8Array(vector.buffer),
          0,
          vector.byteLength,
          slot * vector.byteLength,
        );
        docs.push({ id: String(slot), vectors: { [VECTOR_FIELD]: vector } });
      }
      for (const status of collection.insertSync(docs))
        if (!status.ok) throw new Error(status.message);
      await yieldToEvents();
    }
  } finally {
    await file.close();
  }
}

/** Not by an exit, which would wait for the native build. */
function endWithParent(): void {
  process.stdin.resume();
  process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL'));
}

if (process.argv[2]) {
  setPriority(constants.priority.PRIORITY_LOW);
  endWithParent();
  await build(JSON.parse(process.argv[2]) as BuildOrder);
  process.exit(0);
}
