// What each job does. Every job that is declared in `jobs.ts` has its handler here, or the worker does not start.
import { enqueue, transaction } from '@limpid/store';
import { hasIndexWork } from '@limpid/store/db/vector-work';
import { handleJob, type JobHandler } from '@limpid/store/jobs/handler';
import type { Deps } from '../deps.ts';
import { buildVersion } from '../flows/dataset/build-version.ts';
import { makeExport } from '../flows/dataset/export/run.ts';
import { extractArchive as runExtraction } from '../flows/extraction/run.ts';
import { type BaseWorkflow, silentWorkflow } from '../flows/ingest/base-workflow.ts';
import { runIngest } from '../flows/ingest/run.ts';
import { purgeDueBlobs } from '../flows/media/purge.ts';
import { removeExpired } from '../flows/upload/expire.ts';
import {
  buildDatasetVersion,
  checkIndex,
  expireUploads,
  exportDatasetVersion,
  extractArchive,
  indexEmbeddings,
  ingestInputs,
  purgeApps,
  purgeBlobs,
  reviveArchives,
  reviveInputs,
} from '../jobs.ts';
import { purgeDeletedApps } from '../reconcile/purge-apps.ts';
import { reviveStuckArchives } from '../reconcile/stuck-archives.ts';
import { reviveStuckInputs } from '../reconcile/stuck-inputs.ts';
import { traceJob } from '../tracing/jobs.ts';
import { checkVectors, indexVectors } from './index-vectors.ts';

export interface WorkOptions {
  readonly deps: Deps;
  readonly workflow?: BaseWorkflow;
}

export function createJobHandlers({ deps, workflow = silentWorkflow }: WorkOptions): JobHandler[] {
  const handlers = [
    handleJob(buildDatasetVersion, (wanted, context) => buildVersion(deps, wanted, context)),
    handleJob(exportDatasetVersion, (wanted, context) => makeExport(deps, wanted, context)),
    handleJob(extractArchive, ({ job }, context) => runExtraction(deps, job, context)),
    handleJob(ingestInputs, async ({ app, keys }, { signal, log }) => {
      await runIngest({ deps, workflow, signal, log }, app, keys);
      await nudgeIndex(deps);
    }),
    handleJob(indexEmbeddings, (_payload, { signal }) => indexVectors(deps, signal)),
    handleJob(checkIndex, async () => {
      await checkVectors(deps);
      await nudgeIndex(deps);
    }),
    handleJob(purgeApps, (_payload, { signal }) => purgeDeletedApps(deps, signal)),
    handleJob(purgeBlobs, (_payload, { signal }) => purgeDueBlobs(deps, signal)),
    handleJob(expireUploads, () => removeExpired(deps)),
    handleJob(reviveArchives, () => reviveStuckArchives(deps)),
    handleJob(reviveInputs, () => reviveStuckInputs(deps)),
  ];
  const { tracing } = deps;
  return tracing ? handlers.map((handler) => traceJob(tracing, handler)) : handlers;
}

/** In a transaction of its own: those that add embeddings would wait for each other at the nudge. */
async function nudgeIndex({ db }: Deps): Promise<void> {
  if (!(await hasIndexWork(db))) return;
  await transaction(db, (tx) => enqueue(tx, [indexEmbeddings.with({}, { key: 'now' })]));
}
