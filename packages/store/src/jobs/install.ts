import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { reportBreaks } from '../db/pool-breaks.ts';
import { type Log, silentLog } from '../log.ts';
import { graphileLogger } from './logger.ts';

/** Creates or updates the queue's own schema, `graphile_worker`. */
export async function installJobs(connection: pg.PoolConfig, log: Log = silentLog): Promise<void> {
  const pool = jobsPool(connection, 1, log);
  try {
    await runMigrations({ pgPool: pool, logger: graphileLogger(log) });
  } finally {
    await pool.end();
  }
}

export function jobsPool(connection: pg.PoolConfig, max: number, log: Log): pg.Pool {
  const pool = new pg.Pool({ application_name: 'limpid jobs', ...connection, max });
  reportBreaks(pool, log, 'a connection of the job queue broke');
  return pool;
}
