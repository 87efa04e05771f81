// What each job does. Every job that is declared in `jobs.ts` has its handler here, or the worker does not start.
import { handleJob, type JobHandler } from '@limpid/store/jobs/handler';
import type { Deps } from '../deps.ts';
import { type BaseWorkflow, silentWorkflow } from '../flows/ingest/base-workflow.ts';
import { runIngest } from '../flows/ingest/run.ts';
import { purgeDueBlobs } from '../flows/media/purge.ts';
import { ingestInputs, purgeBlobs, reviveInputs } from '../jobs.ts';
import { reviveStuckInputs } from '../reconcile/stuck-inputs.ts';

export interface WorkOptions {
  readonly deps: Deps;
  readonly workflow?: BaseWorkflow;
}

export function createJobHandlers({ deps, workflow = silentWorkflow }: WorkOptions): JobHandler[] {
  return [
    handleJob(ingestInputs, ({ app, keys }, { signal, log }) =>
      runIngest({ deps, workflow, signal, log }, app, keys),
    ),
    handleJob(purgeBlobs, (_payload, { signal }) => purgeDueBlobs(deps, signal)),
    handleJob(reviveInputs, () => reviveStuckInputs(deps)),
  ];
}
