import { sql } from 'kysely';
import type { Db } from './db.ts';

/** Whether jobs of this name could run and have not been taken yet. */
export async function hasWaitingJobs(db: Db, name: string): Promise<boolean> {
  const { rows } = await sql<{ waiting: boolean }>`
    select exists (
      select 1 from graphile_worker.jobs
      where task_identifier = ${name} and locked_at is null and run_at <= now() and attempts < max_attempts
    ) as waiting`.execute(db);
  return rows[0]?.waiting ?? false;
}
