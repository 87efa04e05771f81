// Makes inputs of the files in an uploaded archive, through the same flow as PostInputs. How far it is stands in its
// row: killed anywhere, it goes on there, and the portion that was in work is answered by the ingest flow as one that
// was sent before.
import { grantApp } from '@limpid/domain/access/authority';
import type { MediaKind } from '@limpid/domain/input/media';
import { type JobContext, readDoc, transaction } from '@limpid/store';
import {
  advanceExtraction,
  beginExtraction,
  type Extraction,
  endExtraction,
  extractionStatus,
} from '@limpid/store/db/extraction-jobs';
import { InputSchema, StatusError, statusInfo, unavailable } from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { ArchiveError } from '../archive/entry.ts';
import { readArchive } from '../archive/read-archive.ts';
import { acceptInputs, type CallOutcome } from '../ingest/accept.ts';
import { openUpload } from '../upload/content.ts';
import { type Batch, batches } from './batches.ts';

export async function extractArchive(
  deps: Deps,
  key: bigint,
  { last, log, signal }: Pick<JobContext, 'last' | 'log' | 'signal'>,
): Promise<void> {
  const job = await beginExtraction(deps.db, key);
  if (!job) return;
  try {
    await extract(deps, job, signal);
    await transaction(deps.db, (tx) => endExtraction(tx, key, extractionStatus.completed));
  } catch (error) {
    // A worker that stops leaves the archive to the next one.
    if (signal.aborted || (isLater(error) && !last)) throw error;
    if (!(error instanceof ArchiveError))
      log.error({ err: error, extraction: key }, 'an archive could not be extracted');
    const details = detailsOf(error);
    await transaction(deps.db, (tx) => endExtraction(tx, key, extractionStatus.failed, details));
  }
}

async function extract(deps: Deps, job: Extraction, signal: AbortSignal): Promise<void> {
  // A job is only begun while its upload is there.
  const source = await openUpload(deps, job.upload_key as bigint);
  const template = readDoc(InputSchema, job.template);
  for await (const batch of batches(readArchive(source), job.position, template)) {
    if (signal.aborted) throw unavailable('the platform is stopping');
    // Cancelled, or somebody else is further.
    if (!(await take(deps, job, batch))) return;
  }
}

/** Makes inputs of a portion and notes it; false when it is not ours to note. */
async function take(deps: Deps, job: Extraction, batch: Batch): Promise<boolean> {
  const outcomes = batch.files.length > 0 ? await accept(deps, job, batch) : [];
  const made: Record<MediaKind, number> = { image: 0, video: 0, audio: 0, text: 0 };
  for (const [index, { kind }] of batch.files.entries()) {
    const outcome = outcomes[index];
    if (outcome && !('refused' in outcome)) made[kind] += 1;
  }
  const { from, to, refused } = batch;
  return await transaction(deps.db, (tx) =>
    advanceExtraction(tx, job, { from, to, made, refused }),
  );
}

async function accept(
  deps: Deps,
  job: Extraction,
  { files }: Batch,
): Promise<readonly CallOutcome[]> {
  const scope = grantApp({
    appKey: job.app_key,
    appId: job.app_id,
    userKey: job.owner_key,
    userId: job.owner_id,
    standing: 'owner',
  });
  return await acceptInputs(deps, { userKey: job.user_key, credential: { app: null } }, scope, {
    inputs: files.map(({ input }) => input),
    jobId: job.job_id,
    onConflict: job.suffix_ids ? 'suffix' : 'refuse',
  });
}

function detailsOf(error: unknown): string {
  if (error instanceof ArchiveError) return error.message;
  if (error instanceof StatusError) return error.details || error.description;
  return 'the extraction failed unexpectedly';
}

function isLater(error: unknown): boolean {
  return error instanceof StatusError && statusInfo(error.code).audience === 'later';
}
