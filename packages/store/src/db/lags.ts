import { sql } from 'kysely';
import type { Db } from './db.ts';

/** Age in seconds of the oldest input that is not processed yet; 0 when none waits. */
export async function ingestLag(db: Db): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select coalesce(extract(epoch from now() - min(modified_at)), 0)::float8 as seconds
    from inputs where status_code in (30001, 30003)`.execute(db);
  return rows[0]?.seconds ?? 0;
}

/** Embeddings that the vector index does not hold yet. */
export async function indexLag(db: Db): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from embeddings where not indexed`.execute(db);
  return rows[0]?.waiting ?? 0;
}
