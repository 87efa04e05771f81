import type pg from 'pg';
import type { Log } from '../log.ts';

/**
 * A connection may break while nobody waits for it: without listeners that would end the process. Those of a pool that
 * is being closed are on their way out, and so may be the server behind them: nothing to tell of.
 */
export function reportBreaks(pool: pg.Pool, log: Log, text: string): void {
  pool.on('error', (error) => {
    // The driver hangs the whole client on it.
    Object.defineProperty(error, 'client', { enumerable: false });
    if (!pool.ending) log.warn({ err: error }, text);
  });
  pool.on('connect', (client) => client.on('error', () => undefined));
}
