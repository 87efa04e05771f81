// Makes an accepted dataset version what it is for ever: first the snapshot, in one transaction; then its numbers,
// counted from the snapshot. Killed anywhere, it goes on where it was when the job is tried again.

import type { LabelledInput } from '@limpid/domain/dataset/counts';
import { createMetrics, ROOT_PATH } from '@limpid/domain/dataset/metrics';
import { type Db, enqueue, type JobContext, type Tx, transaction } from '@limpid/store';
import { failExports, listPendingExports } from '@limpid/store/db/dataset-exports';
import {
  failVersion,
  finishVersion,
  lockUnfinishedVersion,
  type NewMetricsGroup,
  readSnapshot,
  type SnapshotInput,
  takeSnapshot,
} from '@limpid/store/db/dataset-snapshots';
import { readDoc, writeDoc } from '@limpid/store/db/doc';
import {
  AnnotationSchema,
  create,
  type DatasetVersionMetricsGroup,
  DatasetVersionMetricsSchema,
  StatusError,
  statusInfo,
  unavailable,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { exportDatasetVersion } from '../../jobs.ts';
import { versionFilters } from './version-filters.ts';

export interface VersionToBuild {
  readonly version: bigint;
  readonly ignoreEmpty: boolean;
  readonly callerId?: string;
}

/** How many inputs are read at a time. */
const chunkSize = 500;

export async function buildVersion(
  { db }: Pick<Deps, 'db'>,
  wanted: VersionToBuild,
  { last, log, signal }: Pick<JobContext, 'last' | 'log' | 'signal'>,
): Promise<void> {
  try {
    if (!(await snapshot(db, wanted))) return;
    const groups = await count(db, wanted.version, signal);
    await transaction(db, (tx) => finish(tx, wanted.version, groups));
  } catch (error) {
    // A worker that stops leaves the version to the next one.
    if (signal.aborted || (isLater(error) && !last)) throw error;
    log.error({ err: error, version: wanted.version }, 'a dataset version could not be made');
    const known = error instanceof StatusError;
    const details = known ? error.details || error.description : 'making it failed unexpectedly';
    await transaction(db, async (tx) => {
      await failVersion(tx, wanted.version, details);
      await failExports(tx, wanted.version, 'the dataset version failed');
    });
  }
}

/** Whoever asked for exports meanwhile gets them now. */
async function finish(tx: Tx, version: bigint, groups: NewMetricsGroup[]): Promise<void> {
  await finishVersion(tx, version, groups);
  const formats = await listPendingExports(tx, version);
  await enqueue(
    tx,
    formats.map((format) => exportDatasetVersion.with({ version, format })),
  );
}

/** False when there is nothing left to do. */
async function snapshot(
  db: Db,
  { version, ignoreEmpty, callerId }: VersionToBuild,
): Promise<boolean> {
  const filter = await versionFilters(db, version, callerId);
  return await transaction(db, async (tx) => {
    const found = await lockUnfinishedVersion(tx, version);
    if (!found) return false;
    const { dataset, hasSnapshot } = found;
    if (!hasSnapshot) await takeSnapshot(tx, { version, dataset, ignoreEmpty, filter });
    return true;
  });
}

async function count(db: Db, version: bigint, signal: AbortSignal): Promise<NewMetricsGroup[]> {
  const metrics = createMetrics();
  for (let after = 0n; ; ) {
    if (signal.aborted) throw unavailable('the platform is stopping');
    const rows = await readSnapshot(db, version, after, chunkSize);
    for (const { body } of rows) metrics.add(labelled(body));
    const end = rows.at(-1);
    if (!end || rows.length < chunkSize) return metrics.groups().map(stored);
    after = end.ordinal;
  }
}

function labelled(input: SnapshotInput): LabelledInput {
  const { kind, metadata, latitude, media } = input;
  const picture = media?.find((entry) => entry.width && entry.height);
  return {
    kind,
    labels: input.annotations.flatMap(({ body }) => readDoc(AnnotationSchema, body).data ?? []),
    hasMetadata: metadata !== null,
    hasGeo: latitude !== null,
    ...(picture && { width: picture.width, height: picture.height }),
  };
}

function stored({ type, value, metrics }: DatasetVersionMetricsGroup): NewMetricsGroup {
  const { kind } = value ?? {};
  return {
    parentPath: ROOT_PATH,
    type,
    value: kind?.case === 'numberValue' || kind?.case === 'stringValue' ? kind.value : '',
    body: writeDoc(DatasetVersionMetricsSchema, metrics ?? create(DatasetVersionMetricsSchema)),
  };
}

function isLater(error: unknown): boolean {
  return error instanceof StatusError && statusInfo(error.code).audience === 'later';
}
