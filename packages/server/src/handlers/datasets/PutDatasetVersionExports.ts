import { enqueue, transaction } from '@limpid/store';
import { holdVersion, requestExports } from '@limpid/store/db/dataset-exports';
import { versionStatus } from '@limpid/store/db/dataset-versions';
import {
  type DatasetVersionExport,
  DatasetVersionExportFormat,
  invalidRequest,
  notFound,
} from '@limpid/wire';
import { exportFormat } from '../../flows/dataset/export/formats.ts';
import { exportDatasetVersion } from '../../jobs.ts';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';
import { exportMessages } from './export-message.ts';
import { requireVersion } from './version-message.ts';

/** Asks for exports, and tells how far they are when they were asked for before. Of an unfinished version they wait. */
export const PutDatasetVersionExports = rpc(
  'PutDatasetVersionExports',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const formats = formatsOf(request.exports);
    const dataset = await requireDataset(deps.db, scope, request.datasetId);
    const version = await requireVersion(deps.db, scope, dataset, request.datasetVersionId);
    await transaction(deps.db, async (tx) => {
      const status = await holdVersion(tx, version.key);
      if (status === undefined) throw notFound();
      if (status === versionStatus.failed)
        throw invalidRequest('the dataset version failed, there is nothing to export');
      const fresh = await requestExports(tx, version.key, formats);
      // Otherwise whoever finishes the version does it.
      if (status === versionStatus.ready)
        await enqueue(
          tx,
          fresh.map((format) => exportDatasetVersion.with({ version: version.key, format })),
        );
    });
    const after = await requireVersion(deps.db, scope, dataset, request.datasetVersionId);
    const messages = exportMessages(deps, after);
    return { exports: formats.flatMap((format) => messages.get(format) ?? []) };
  },
);

function formatsOf(wanted: readonly DatasetVersionExport[]): number[] {
  if (wanted.length === 0) throw invalidRequest('exports is empty');
  const formats = wanted.map(({ format, includeEmbeddings }) => {
    if (includeEmbeddings) throw invalidRequest('exports do not include embeddings');
    const given = format || DatasetVersionExportFormat.CLARIFAI_DATA_PROTOBUF;
    if (!exportFormat(given)) throw invalidRequest(`there is no export format ${given}`);
    return given;
  });
  return [...new Set(formats)];
}
