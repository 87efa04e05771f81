// Background work of this process.
import type { Deps } from '@limpid/server/deps';
import { createBaseWorkflow } from '@limpid/server/flows/workflow/base-workflow';
import { checkIndex, jobTypes, reviveArchives, reviveInputs } from '@limpid/server/jobs';
import { createJobHandlers } from '@limpid/server/work/handlers';
import { enqueue, startWorker, transaction, type Worker } from '@limpid/store';
import type { OwnInstance } from './instance.ts';

/** Jobs at a time, by lane. What may take long has its own, so that a large upload or dataset holds up nothing else. */
const concurrency = { default: 2, ingest: 2, versions: 1, archives: 1, purge: 1 };

export async function startWork(deps: Deps, { connection }: OwnInstance): Promise<Worker> {
  const worker = await startWorker({
    connection,
    log: deps.log,
    declared: jobTypes,
    handlers: createJobHandlers({ deps, workflow: createBaseWorkflow(deps) }),
    concurrency,
  });
  // What a process that was killed left behind is looked for now, not at the next full five minutes.
  const atStart = [reviveInputs, reviveArchives, checkIndex].map((job) =>
    job.with({}, { key: 'start' }),
  );
  await transaction(deps.db, (tx) => enqueue(tx, atStart));
  return worker;
}
