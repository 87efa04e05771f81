// Makes the archive of an accepted export. Killed anywhere, it is begun anew; a half-written archive is trash.
import { grantApp } from '@limpid/domain/access/authority';
import { type JobContext, transaction } from '@limpid/store';
import {
  beginExport,
  type ExportPlace,
  failExports,
  finishExport,
} from '@limpid/store/db/dataset-exports';
import { dropExpected, expectBlobs, keepBlobs } from '@limpid/store/db/media';
import { newHexId, StatusError, statusInfo } from '@limpid/wire';
import type { Deps } from '../../../deps.ts';
import { writeZip } from '../../archive/write-zip.ts';
import { type ExportFormat, exportFormat } from './formats.ts';

export interface ExportToMake {
  readonly version: bigint;
  readonly format: number;
}

/** Longer than the largest may take. */
const keptWithinSeconds = 3 * 24 * 3600;

export async function makeExport(
  deps: Deps,
  { version, format }: ExportToMake,
  { last, log, signal }: Pick<JobContext, 'last' | 'log' | 'signal'>,
): Promise<void> {
  const wanted = exportFormat(format);
  const place = wanted && (await beginExport(deps.db, version, format));
  if (!place) return;
  try {
    await write(deps, { version, format }, wanted, place, signal);
  } catch (error) {
    // A worker that stops leaves the export to the next one.
    if (signal.aborted || (isLater(error) && !last)) throw error;
    log.error({ err: error, version, format }, 'a dataset version could not be exported');
    const known = error instanceof StatusError;
    const details = known ? error.details || error.description : 'the export failed unexpectedly';
    await transaction(deps.db, (tx) => failExports(tx, version, details, format));
  }
}

async function write(
  deps: Deps,
  { version, format }: ExportToMake,
  wanted: ExportFormat,
  place: ExportPlace,
  signal: AbortSignal,
): Promise<void> {
  const { appKey } = place;
  const blob = `apps/${appKey}/exports/${newHexId(deps.random)}`;
  const marks = [...(await expectBlobs(deps.db, [blob], keptWithinSeconds)).values()];
  const scope = grantApp({ ...place, standing: 'owner' });
  try {
    const archive = writeZip(wanted.entries({ deps, scope, version, signal }));
    const { size } = await deps.blobs.put(blob, archive, { contentType: 'application/zip' });
    const isKept = await transaction(deps.db, async (tx) => {
      const done = await finishExport(tx, version, format, { blob, size });
      if (done) await keepBlobs(tx, marks);
      return done;
    });
    if (!isKept) await dropExpected(deps.db, marks);
  } catch (error) {
    await dropExpected(deps.db, marks).catch(() => undefined);
    throw error;
  }
}

function isLater(error: unknown): boolean {
  return error instanceof StatusError && statusInfo(error.code).audience === 'later';
}
