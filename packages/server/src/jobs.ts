// Every job that may be enqueued: its name and what it carries. Those who enqueue and those who handle meet here only.
import { defineJob, type JobType } from '@limpid/store/jobs/define';

/** Takes accepted inputs in: fetches, looks, describes. One job for each accepted call. */
export const ingestInputs = defineJob<{ readonly app: bigint; readonly keys: readonly bigint[] }>(
  'ingest-inputs',
  { lane: 'ingest', maxAttempts: 25 },
);

/** Takes an accepted dataset version's snapshot and counts what is in it. */
export const buildDatasetVersion = defineJob<{
  readonly version: bigint;
  readonly ignoreEmpty: boolean;
}>('build-dataset-version', { lane: 'versions', maxAttempts: 25 });

/** Finds inputs that nobody works on any more and sends them on their way again. */
export const reviveInputs = defineJob('revive-inputs', { schedule: '*/5 * * * *' });

/** Removes blobs that no row refers to. */
export const purgeBlobs = defineJob('purge-blobs', { schedule: '*/10 * * * *' });

/** Removes for good what apps held that were deleted long enough ago. */
export const purgeApps = defineJob('purge-apps', { lane: 'purge', schedule: '41 * * * *' });

/** Brings the vector index up to date with the rows. Searches look at rows that wait for it, so it need not hurry. */
export const indexEmbeddings = defineJob('index-embeddings', { schedule: '* * * * *' });

/** Finds spaces that the vector index has lost, as when its files are gone. */
export const checkIndex = defineJob('check-index', { schedule: '17 * * * *' });

export const jobTypes: readonly JobType<never>[] = [
  buildDatasetVersion,
  ingestInputs,
  purgeApps,
  purgeBlobs,
  reviveInputs,
  indexEmbeddings,
  checkIndex,
];
