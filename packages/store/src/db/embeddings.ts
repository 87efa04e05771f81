import type { AppScope } from '@limpid/domain/access/authority';
import { sql } from 'kysely';
import type { Tx } from './db.ts';

export interface NewEmbedding {
  readonly inputKey: bigint;
  /** The embedding model version. */
  readonly space: bigint;
  readonly annotationKey?: bigint;
  readonly workflowVersion?: bigint;
  /** JSON of the region or frame that was embedded; absent for the whole input. */
  readonly region?: string;
  readonly vector: Float32Array;
}

/** Adds embeddings that the vector index does not hold yet; returns their keys in order. */
export async function insertEmbeddings(
  tx: Tx,
  scope: AppScope,
  embeddings: readonly NewEmbedding[],
): Promise<bigint[]> {
  if (embeddings.length === 0) return [];
  const column = <T>(read: (embedding: NewEmbedding) => T) => embeddings.map(read);
  const { rows } = await sql<{ key: bigint }>`
    insert into embeddings (app_key, input_key, space, annotation_key, workflow_version, region, vector)
    select ${scope.appKey}::bigint, new.input_key, new.space, new.annotation_key, new.workflow_version,
           new.region::jsonb, new.vector
    from unnest(
      ${column((one) => one.inputKey)}::bigint[], ${column((one) => one.space)}::bigint[],
      ${column((one) => one.annotationKey ?? null)}::bigint[],
      ${column((one) => one.workflowVersion ?? null)}::bigint[],
      ${column((one) => one.region ?? null)}::text[], ${column((one) => bytesOf(one.vector))}::bytea[])
      as new (input_key, space, annotation_key, workflow_version, region, vector)
    returning key`.execute(tx);
  return rows.map((row) => row.key);
}

/** Little-endian, as the machines that we run on keep numbers anyway. */
function bytesOf(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}
