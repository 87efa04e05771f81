import type { Log } from '../log.ts';
import type { JobType } from './define.ts';

export interface JobContext {
  /** From 1. */
  readonly attempt: number;
  /** No further attempt follows this one, whatever its error says. */
  readonly last: boolean;
  /** Aborted when the worker stops: the job will be tried again by another. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface JobHandler {
  readonly type: JobType<never>;
  run(payload: unknown, context: JobContext): Promise<void>;
}

/**
 * What a job does. It may run more than once for one job and must come out the same. A StatusError that means "later"
 * is tried again with growing pauses; any other error ends the job for good.
 */
export function handleJob<P extends object>(
  type: JobType<P>,
  run: (payload: P, context: JobContext) => Promise<void>,
): JobHandler {
  // `enqueue` accepts for this type nothing but P.
  return { type, run: (payload, context) => run(payload as P, context) };
}

/** Every declared job has exactly one handler, or the worker does not start. */
export function checkHandlers(
  declared: readonly JobType<never>[],
  handlers: readonly JobHandler[],
): void {
  const names = handlers.map((handler) => handler.type.name);
  const known = declared.map((type) => type.name);
  const problems = [
    ...repeated(known).map((name) => `${name} is declared twice`),
    ...repeated(names).map((name) => `${name} has two handlers`),
    ...known.filter((name) => !names.includes(name)).map((name) => `${name} has no handler`),
    ...names.filter((name) => !known.includes(name)).map((name) => `${name} is not declared`),
  ];
  if (problems.length > 0)
    throw new Error(`Jobs don't fit their handlers: ${problems.join('; ')}.`);
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
