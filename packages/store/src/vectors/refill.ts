import type { VectorDoc, Vectors } from './vectors.ts';

/** Builds a space again from its rows: after its files were lost, or when its count and theirs differ. */
export async function refill(
  vectors: Vectors,
  space: string,
  batches: AsyncIterable<readonly VectorDoc[]>,
): Promise<number> {
  await vectors.drop(space);
  let count = 0;
  for await (const docs of batches) {
    await vectors.upsert(space, docs);
    count += docs.length;
  }
  return count;
}
