// The queue marks a job with the worker pool that holds it, and looks after a killed pool's jobs only hours later.
// So each pool shows that it lives by a lock that ends with its session: whoever holds none is dead, and what it
// held is set free at once.
import { EventEmitter } from 'node:events';
import type { WorkerEvents } from 'graphile-worker';
import pg from 'pg';
import type { Log } from '../log.ts';

const space = 0x4c4a4f42; // "LJOB"
const everyMs = 30_000;

export class Liveness {
  readonly #connection: pg.PoolConfig;
  readonly #pool: pg.Pool;
  readonly #log: Log;
  readonly #held = new Set<string>();
  #client: Promise<pg.Client> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #holding: Promise<void> = Promise.resolve();
  #ended = false;
  #nextSweep = 0;

  private constructor(connection: pg.PoolConfig, pool: pg.Pool, log: Log) {
    this.#connection = connection;
    this.#pool = pool;
    this.#log = log;
  }

  static async begin(connection: pg.PoolConfig, pool: pg.Pool, log: Log): Promise<Liveness> {
    const liveness = new Liveness(connection, pool, log);
    await liveness.#freeOrphans();
    await liveness.#removeOldFailures();
    liveness.#timer = setInterval(() => void liveness.#tick(), everyMs);
    return liveness;
  }

  /** To be given to a runner: its pools are held alive from their making on. */
  events(): WorkerEvents {
    const events: WorkerEvents = new EventEmitter();
    events.on('pool:create', ({ workerPool }) => {
      this.#held.add(workerPool.id);
      this.#hold(workerPool.id).catch((error: unknown) => this.#report(error));
    });
    events.on('pool:release', ({ pool }) => this.#letGo(pool.id));
    return events;
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await this.#holding;
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  async #tick(): Promise<void> {
    this.#soon = undefined;
    try {
      // A new session, after the old one broke, holds nothing yet.
      for (const id of this.#held) await this.#hold(id);
      await this.#freeOrphans();
      await this.#removeOldFailures();
    } catch (error) {
      this.#report(error);
    }
  }

  /** A job that failed for good stays for a week, to be looked at. */
  async #removeOldFailures(): Promise<void> {
    if (performance.now() < this.#nextSweep) return;
    this.#nextSweep = performance.now() + 3_600_000;
    await this.#pool.query(
      `delete from graphile_worker._private_jobs
        where locked_at is null and attempts >= max_attempts and updated_at < now() - interval '7 days'`,
    );
  }

  /** One after the other: they share a session. */
  #hold(poolId: string): Promise<void> {
    const held = this.#holding.then(() => this.#lock(poolId));
    this.#holding = held.catch(() => undefined);
    return held;
  }

  /** A pool that gave up may have left jobs behind, as when it could not report their end: they are free from now on. */
  #letGo(poolId: string): void {
    this.#held.delete(poolId);
    this.#holding = this.#holding
      .then(() => this.#unlock(poolId))
      .catch((error: unknown) => this.#report(error));
  }

  async #unlock(poolId: string): Promise<void> {
    // A session that ends lets go by itself.
    if (this.#ended || !this.#client) return;
    const client = await this.#client;
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [space, poolId]);
    if (!this.#ended) await this.#freeOrphans();
  }

  async #lock(poolId: string): Promise<void> {
    const client = await this.#session();
    // Taken anew it would count up: only once for each session.
    await client.query(
      `select pg_advisory_lock($1, hashtext($2)) where not exists (
         select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()
           and classid = $1::oid and objid::bigint = hashtext($2)::bigint & 4294967295)`,
      [space, poolId],
    );
  }

  #session(): Promise<pg.Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ application_name: 'limpid jobs alive', ...this.#connection });
    const forget = () => {
      this.#client = undefined;
      // Soon, before another worker takes us for dead.
      if (!this.#ended) this.#soon ??= setTimeout(() => void this.#tick(), 1_000);
    };
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
      return client;
    } catch (error) {
      forget();
      throw error;
    }
  }

  async #freeOrphans(): Promise<void> {
    const { rows } = await this.#pool.query<{ holder: string }>(
      `select distinct locked_by as holder from graphile_worker._private_jobs where locked_by is not null
       union select locked_by from graphile_worker._private_job_queues where locked_by is not null`,
    );
    for (const { holder } of rows) {
      if (!this.#held.has(holder)) await this.#freeIfDead(holder);
    }
  }

  async #freeIfDead(holder: string): Promise<void> {
    const { rows } = await this.#pool.query<{ dead: boolean }>(
      `select dead, case when dead then graphile_worker.force_unlock_workers(array[$2]) end
       from (select pg_try_advisory_xact_lock($1, hashtext($2)) as dead) as tried`,
      [space, holder],
    );
    if (rows[0]?.dead) this.#log.warn({ holder }, 'jobs of a worker that died were set free');
  }

  #report(error: unknown): void {
    if (!this.#ended) this.#log.warn({ err: error }, 'the job queue could not be looked after');
  }
}
