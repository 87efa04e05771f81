import type { KeySet, VectorDoc, VectorQuery } from '../vectors.ts';
import { assertVector } from '../vectors.ts';
import type { DocColumns } from './protocol.ts';

/** Copies rows into columns of their own, so that the caller's arrays stay whole when these are handed over. */
export function packDocs(docs: readonly VectorDoc[]): DocColumns {
  const dimensions = docs[0]?.vector.length ?? 0;
  const columns = {
    keys: BigUint64Array.from(docs, (doc) => doc.key),
    apps: BigUint64Array.from(docs, (doc) => doc.app),
    inputs: BigUint64Array.from(docs, (doc) => doc.input),
    kinds: Uint8Array.from(docs, (doc) => doc.kind ?? 0),
    vectors: new Float32Array(docs.length * dimensions),
  };
  docs.forEach((doc, i) => {
    columns.vectors.set(doc.vector, i * dimensions);
  });
  return columns;
}

/** Of columns that did not come from documents: at least one, and each of its vectors one that can be searched. */
export function assertColumns({ keys, vectors }: DocColumns): void {
  const dimensions = vectors.length / keys.length;
  for (let i = 0; i < keys.length; i++)
    assertVector(vectors.subarray(i * dimensions, (i + 1) * dimensions));
}

export function columnBuffers(docs: DocColumns): ArrayBuffer[] {
  const { keys, apps, inputs, kinds, vectors } = docs;
  return [keys, apps, inputs, kinds, vectors].map((column) => column.buffer as ArrayBuffer);
}

/** With arrays of its own, to be handed over: a view would be cloned with all of the buffer it lies in. */
export function ownQuery(query: VectorQuery): VectorQuery {
  const { only, except, kinds } = query.filter ?? {};
  const filter = {
    ...(kinds && { kinds: [...kinds] }),
    ...(only && { only: ownKeys(only) }),
    ...(except && { except: ownKeys(except) }),
  };
  return {
    app: query.app,
    vector: query.vector.slice(),
    k: query.k,
    metric: query.metric ?? 'cosine',
    distinct: query.distinct ?? false,
    filter,
  };
}

const ownKeys = ({ by, values }: KeySet): KeySet => ({ by, values: values.slice() });

export function queryBuffers({ vector, filter }: VectorQuery): ArrayBuffer[] {
  const sets = [filter?.only?.values, filter?.except?.values].flatMap((set) => set ?? []);
  return [vector, ...sets].map((column) => column.buffer as ArrayBuffer);
}

export function* chunksOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
