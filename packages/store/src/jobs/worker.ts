import { setTimeout as sleep } from 'node:timers/promises';
import { StatusError, statusInfo } from '@limpid/wire/status';
import { type JobHelpers, parseCronItems, type Runner, run, type TaskList } from 'graphile-worker';
import type pg from 'pg';
import type { Log } from '../log.ts';
import { defaultLane, type JobType } from './define.ts';
import { checkHandlers, type JobHandler } from './handler.ts';
import { jobsPool } from './install.ts';
import { Liveness } from './liveness.ts';
import { graphileLogger } from './logger.ts';
import { decodePayload } from './payload.ts';

export interface WorkerOptions {
  readonly connection: pg.PoolConfig;
  readonly log: Log;
  /** All jobs that anybody may enqueue. */
  readonly declared: readonly JobType<never>[];
  readonly handlers: readonly JobHandler[];
  /** Jobs at a time, for every lane or by lane; `default` is the lane of jobs that name none. */
  readonly concurrency: number | Readonly<Record<string, number>>;
  /** Stops the worker when aborted. */
  readonly signal?: AbortSignal;
}

export interface Worker extends AsyncDisposable {
  /** Takes no new jobs and waits for the running ones, whose signal is aborted after a few seconds. */
  stop(): Promise<void>;
}

interface Lane {
  readonly name: string;
  readonly concurrency: number;
  readonly handlers: readonly JobHandler[];
}

/** Runs jobs until it is stopped. Jobs that a killed worker held are set free first. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  checkHandlers(options.declared, options.handlers);
  const lanes = lanesOf(options);
  const slots = lanes.reduce((sum, lane) => sum + lane.concurrency, 0);
  // Each lane listens on a connection of its own; jobs hold none while they run.
  const pool = jobsPool(options.connection, lanes.length + Math.min(slots, 4) + 1, options.log);
  const liveness = await Liveness.begin(options.connection, pool, options.log);
  const running = lanes.map((lane) => new LaneRunner(lane, pool, liveness, options.log));
  await Promise.all(running.map((lane) => lane.started));

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(running, liveness, pool);
    return stopping;
  };
  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  if (options.signal?.aborted) await stop();
  return { stop, [Symbol.asyncDispose]: stop };
}

async function stopAll(lanes: LaneRunner[], liveness: Liveness, pool: pg.Pool): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.stop()));
  await liveness.end();
  await pool.end();
}

function lanesOf(options: WorkerOptions): Lane[] {
  const { concurrency, handlers } = options;
  const names = [...new Set(handlers.map((handler) => handler.type.options.lane))];
  return names.map((name) => {
    const slots = typeof concurrency === 'number' ? concurrency : concurrency[name];
    if (slots === undefined)
      throw new Error(`No concurrency is given for the jobs of lane ${name}.`);
    return {
      name,
      concurrency: slots,
      handlers: handlers.filter((handler) => handler.type.options.lane === name),
    };
  });
}

/** One lane's runner. It is made anew should it give up, as it does when it can't report a job's end. */
class LaneRunner {
  readonly started: Promise<void>;
  readonly #loop: Promise<void>;
  readonly #stopped = new AbortController();
  #runner: Runner | undefined;

  constructor(lane: Lane, pool: pg.Pool, liveness: Liveness, log: Log) {
    const first = this.#start(lane, pool, liveness, log);
    this.started = first.then(() => undefined);
    this.#loop = this.#keepRunning(first, () => this.#start(lane, pool, liveness, log), log);
    // `started` reports a failure of the first start.
    this.#loop.catch(() => undefined);
  }

  async #start(lane: Lane, pool: pg.Pool, liveness: Liveness, log: Log): Promise<Runner> {
    const runner = await run({
      pgPool: pool,
      logger: graphileLogger(log),
      noHandleSignals: true,
      concurrency: lane.concurrency,
      taskList: taskListOf(lane, pool, log),
      parsedCronItems: cronOf(lane),
      preset: {
        worker: {
          // NOTE: with a local queue the library's named queues no longer run one job at a time; we use none.
          localQueue: {
            size: lane.name === defaultLane ? Math.max(lane.concurrency * 4, 100) : -1,
          },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
      events: liveness.events(),
    });
    this.#runner = runner;
    return runner;
  }

  async #keepRunning(
    first: Promise<Runner>,
    again: () => Promise<Runner>,
    log: Log,
  ): Promise<void> {
    let runner = await first;
    while (!this.#stopped.signal.aborted) {
      try {
        await runner.promise;
        if (this.#stopped.signal.aborted) return;
      } catch (error) {
        log.error({ err: error }, 'the job worker failed: starting it again');
      }
      runner = await this.#retry(again, log);
    }
  }

  async #retry(again: () => Promise<Runner>, log: Log): Promise<Runner> {
    for (;;) {
      await sleep(1000, undefined, { signal: this.#stopped.signal });
      try {
        return await again();
      } catch (error) {
        log.warn({ err: error }, 'the job worker does not start yet');
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#runner?.stop().catch(() => undefined);
    await this.#loop.catch(() => undefined);
  }
}

function cronOf(lane: Lane) {
  const scheduled = lane.handlers.flatMap(({ type }) =>
    type.options.schedule === undefined
      ? []
      : [{ task: type.name, match: type.options.schedule, options: { backfillPeriod: 0 } }],
  );
  return parseCronItems(scheduled);
}

function taskListOf(lane: Lane, pool: pg.Pool, log: Log): TaskList {
  return Object.fromEntries(
    lane.handlers.map((handler) => [
      handler.type.name,
      (payload: unknown, helpers: JobHelpers) => runJob(handler, payload, helpers, pool, log),
    ]),
  );
}

async function runJob(
  handler: JobHandler,
  payload: unknown,
  helpers: JobHelpers,
  pool: pg.Pool,
  log: Log,
): Promise<void> {
  const { job } = helpers;
  const last = job.attempts >= job.max_attempts;
  const about = { job: handler.type.name, jobId: job.id, attempt: job.attempts };
  try {
    await handler.run(withoutCron(decodePayload(payload)), {
      attempt: job.attempts,
      last,
      // The runner always passes one; the type allows for older ones.
      signal: helpers.abortSignal ?? new AbortController().signal,
      log,
    });
  } catch (error) {
    const again = isLater(error) && !last;
    if (again) log.info({ ...about, err: error }, 'a job is tried again later');
    else log.error({ ...about, err: error }, 'a job failed');
    // The queue repeats whatever has attempts left.
    if (!again) await giveUp(pool, job.id);
    throw error;
  }
}

/** The scheduler adds a note of its own to the payload. */
function withoutCron(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('_cron' in payload)) return payload;
  const { _cron, ...rest } = payload;
  return rest;
}

function isLater(error: unknown): boolean {
  return error instanceof StatusError && statusInfo(error.code).audience === 'later';
}

async function giveUp(pool: pg.Pool, jobId: string): Promise<void> {
  await pool.query(
    'update graphile_worker._private_jobs set max_attempts = attempts where id = $1 and attempts > 0',
    [jobId],
  );
}
