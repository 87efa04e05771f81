// Runs background jobs to their end, so that a test can look at what they did.
import { setTimeout as sleep } from 'node:timers/promises';
import { jobTypes } from '@limpid/server/jobs';
import type { Db, JobHandler } from '@limpid/store';
import { startWorker } from '@limpid/store';
import { sql } from 'kysely';
import type pg from 'pg';
import { silentLogger } from './logger.ts';

/** Works until no job is left that could run now. Jobs that are to be tried later stay. */
export async function drainJobs(
  db: Db,
  connection: pg.PoolConfig,
  handlers: readonly JobHandler[],
): Promise<void> {
  await using _worker = await startWorker({
    connection,
    log: silentLogger,
    declared: jobTypes,
    handlers,
    concurrency: 2,
  });
  while (await isBusy(db)) await sleep(10);
}

async function isBusy(db: Db): Promise<boolean> {
  const { rows } = await sql<{ busy: boolean }>`
    select exists (
      select 1 from graphile_worker.jobs
      where locked_at is not null or (run_at <= now() and attempts < max_attempts)) as busy`.execute(
    db,
  );
  return rows[0]?.busy ?? false;
}
