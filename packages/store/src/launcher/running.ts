import { realpathSync } from 'node:fs';
import type { PoolConfig } from 'pg';
import { superuser } from './cluster.ts';
import { readPidFile } from './orphan.ts';
import { startMark } from './processes.ts';

export const database = 'limpid';

export function connectionAt(socketDir: string): PoolConfig {
  return { host: socketDir, user: superuser, database };
}

/** How to reach the Postgres that another process of ours runs on this data folder, if one does. */
export function connectionOfRunning(dataDir: string): PoolConfig | undefined {
  const file = readPidFile(realpathSync(dataDir));
  if (file === undefined || !file.ready || startMark(file.pid) === undefined) return undefined;
  return connectionAt(file.socketDir);
}
