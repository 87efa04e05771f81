// What a job is called and carries. Callers declare theirs in one leaf file, so that those who enqueue and those who
// handle import the same types and nothing of each other.

export interface JobOptions {
  /**
   * Jobs of one lane share its worker slots; a lane that is full holds up no other. Jobs of the default lane are short:
   * they are fetched many at a time. In other lanes each is fetched when a slot is free for it.
   */
  readonly lane?: string;
  /** How often a job is tried in all while its errors say "later". */
  readonly maxAttempts?: number;
  /** Smaller runs sooner. */
  readonly priority?: number;
  /** A cron pattern in UTC, such as `*` `/5 * * * *`: the job then also runs by itself, with an empty payload. */
  readonly schedule?: string;
}

export interface JobType<P extends object = object> {
  readonly name: string;
  readonly options: Required<Omit<JobOptions, 'schedule'>> & Pick<JobOptions, 'schedule'>;
  /** A job to enqueue. */
  with(payload: P, call?: CallOptions): JobCall;
}

export interface CallOptions {
  /** While a job with this key waits, another one replaces it: for nudges that need not pile up. */
  readonly key?: string;
  readonly runAt?: Date;
}

export interface JobCall extends CallOptions {
  readonly type: JobType<never>;
  readonly payload: object;
}

export const defaultLane = 'default';

/** Declares a job. The payload is JSON; bigint keys may stand in it anywhere. */
export function defineJob<P extends object>(name: string, options: JobOptions = {}): JobType<P> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`${name} is not a job name (like-this)`);
  const type: JobType<P> = {
    name,
    options: { lane: defaultLane, maxAttempts: 10, priority: 0, ...options },
    with: (payload, call = {}) => ({ ...call, type, payload }),
  };
  return type;
}
