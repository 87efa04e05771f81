// Starts the embedded PostgreSQL and keeps it running until it is stopped:
// 1. find the programs, decide as whom they run, clear away what a killed run left, create the data folder;
// 2. spawn the server in a session of its own (Ctrl-C is for us alone), tied to our life by a pipe;
// 3. wait until it answers, make the database;
// 4. should it die, start it again.
import { realpathSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolConfig } from 'pg';
import type { Log } from '../log.ts';
import { findBinaries } from './binaries.ts';
import { createCluster, syncCluster } from './cluster.ts';
import { chooseIdentity, type IdentityKind } from './identity.ts';
import { clearOrphan } from './orphan.ts';
import { connectionAt } from './running.ts';
import { type Server, type ServerPlan, spawnServer } from './server.ts';
import { laptopSettings } from './settings.ts';
import { makeSocketDir } from './socket-dir.ts';

export interface PostgresOptions {
  readonly dataDir: string;
  /** A short private folder in the system's temporary one by default. */
  readonly socketDir?: string;
  /** Where a copy of the programs goes if they can't be run in place. */
  readonly cacheDir?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** As whom to run, instead of the first way that works. */
  readonly identity?: IdentityKind;
  readonly log: Log;
}

export interface Postgres extends AsyncDisposable {
  readonly socketDir: string;
  readonly connection: PoolConfig;
  /** Of the postmaster; another one after it had to be started again. */
  readonly pid: number;
  /** Ends the server (open transactions are rolled back); returns when its last process has gone. */
  stop(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { plan, created } = await prepare(options);
  let server = await spawnFirst(plan);
  const durable = created ? makeDurable(plan) : Promise.resolve();
  let stopping = false;
  const stopped = new AbortController();
  const guard = keepRunning();

  async function keepRunning(): Promise<void> {
    for (;;) {
      const reason = await server.ended;
      if (stopping) return;
      options.log.error({ reason }, 'Postgres ended unexpectedly: starting it again');
      const next = await startAgain(plan, stopped.signal);
      if (next === undefined) return;
      server = next;
      // The stop came while this one was starting, and ended the one before.
      if (stopping) await server.stop();
    }
  }

  async function stop(): Promise<void> {
    stopping = true;
    stopped.abort();
    await server.stop();
    await guard;
    await durable;
    await rm(plan.socketDir, { recursive: true, force: true });
  }

  return {
    socketDir: plan.socketDir,
    connection: connectionAt(plan.socketDir),
    get pid() {
      return server.pid;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function prepare(options: PostgresOptions): Promise<{ plan: ServerPlan; created: boolean }> {
  const { log } = options;
  const home = dirname(options.dataDir);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const dataDir = join(realpathSync(home), basename(options.dataDir));
  const binaries = await findBinaries(options.cacheDir ?? join(home, 'cache'));
  const identity = await chooseIdentity({
    binaries,
    dataDir,
    log,
    ...(options.identity && { only: options.identity }),
  });
  await clearOrphan(dataDir, log);
  const created = await createCluster(binaries, identity, dataDir);
  const socketDir = await makeSocketDir(identity, dataDir, options.socketDir);
  const settings = { ...laptopSettings, ...options.settings };
  return { plan: { binaries, identity, dataDir, socketDir, settings, log }, created };
}

async function makeDurable(plan: ServerPlan): Promise<void> {
  if (plan.settings.fsync === 'off') return;
  try {
    await syncCluster(plan.binaries, plan.identity, plan.dataDir);
  } catch (error) {
    plan.log.warn({ err: error }, 'the new database files could not be flushed to disk');
  }
}

async function spawnFirst(plan: ServerPlan): Promise<Server> {
  try {
    return await spawnServer(plan);
  } catch (error) {
    await rm(plan.socketDir, { recursive: true, force: true });
    throw error;
  }
}

/** Tries until it works or the platform stops; the pool's callers meanwhile hear "later". */
async function startAgain(plan: ServerPlan, signal: AbortSignal): Promise<Server | undefined> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await clearOrphan(plan.dataDir, plan.log);
      return await spawnServer(plan);
    } catch (error) {
      plan.log.error({ err: error, attempt }, 'Postgres does not start again');
      const pause = Math.min(10_000, 250 * 2 ** attempt);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
