// Every job that may be enqueued: its name and what it carries. Those who enqueue and those who handle meet here only.
import { defineJob, type JobType } from '@limpid/store/jobs/define';
import type { Caused } from './tracing/jobs.ts';

/** Takes accepted inputs in: fetches, looks, describes. One job for each accepted call. */
export const ingestInputs = defineJob<
  { readonly app: bigint; readonly keys: readonly bigint[] } & Caused
>('ingest-inputs', { lane: 'ingest', maxAttempts: 25 });

/** Takes an accepted dataset version's snapshot and counts what is in it. */
export const buildDatasetVersion = defineJob<
  {
    readonly version: bigint;
    readonly ignoreEmpty: boolean;
    /** Who asked for it. */
    readonly callerId?: string;
  } & Caused
>('build-dataset-version', { lane: 'versions', maxAttempts: 25 });

/** Writes the archive of an accepted export of a dataset version. */
export const exportDatasetVersion = defineJob<{
  readonly version: bigint;
  readonly format: number;
}>('export-dataset-version', { lane: 'versions', maxAttempts: 25 });

/** Makes inputs of an uploaded archive. */
export const extractArchive = defineJob<{ readonly job: bigint }>('extract-archive', {
  lane: 'archives',
  maxAttempts: 25,
});

/** Finds inputs that nobody works on any more and sends them on their way again. */
export const reviveInputs = defineJob('revive-inputs', { schedule: '*/5 * * * *' });

/** The same for archives that are to be read or written. */
export const reviveArchives = defineJob('revive-archives', { schedule: '*/5 * * * *' });

/** Removes blobs that no row refers to. */
export const purgeBlobs = defineJob('purge-blobs', { schedule: '*/10 * * * *' });

/** Takes the content of uploads whose time is over. */
export const expireUploads = defineJob('expire-uploads', { schedule: '37 * * * *' });
/** Removes for good what apps held that were deleted long enough ago. */
export const purgeApps = defineJob('purge-apps', { lane: 'purge', schedule: '41 * * * *' });

/** Brings the vector index up to date with the rows. Searches look at rows that wait for it, so it need not hurry. */
export const indexEmbeddings = defineJob('index-embeddings', { schedule: '* * * * *' });

/** Finds spaces that the vector index has lost, as when its files are gone. */
export const checkIndex = defineJob('check-index', { schedule: '17 * * * *' });

export const jobTypes: readonly JobType<never>[] = [
  buildDatasetVersion,
  expireUploads,
  exportDatasetVersion,
  extractArchive,
  ingestInputs,
  purgeApps,
  purgeBlobs,
  reviveInputs,
  reviveArchives,
  indexEmbeddings,
  checkIndex,
];
