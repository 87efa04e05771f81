// Spans of jobs. A job has a trace of its own, which knows the call that asked for it: that call waited for nothing.
import type { JobHandler } from '@limpid/store/jobs/handler';
import { type Tracing, within } from './tracing.ts';

/** What a job's payload says of whoever enqueued it. */
export interface Caused {
  readonly trace?: string;
}

export function causedHere(tracing: Tracing | undefined): Caused {
  const trace = tracing?.here();
  return trace === undefined ? {} : { trace };
}

export function traceJob(tracing: Tracing, { type, run }: JobHandler): JobHandler {
  return {
    type,
    run: (payload, context) => {
      const { trace: causedBy } = payload as Caused;
      const attributes = { 'limpid.job': type.name, 'limpid.attempt': context.attempt };
      const options = { kind: 'consumer', attributes, causedBy } as const;
      return within(tracing, `job ${type.name}`, options, () => run(payload, context));
    },
  };
}
