import { filePath } from '@limpid/domain/files/paths';
import { exportStatus } from '@limpid/store/db/dataset-exports';
import type { DatasetVersionRow, ExportRow } from '@limpid/store/db/dataset-versions';
import {
  create,
  type DatasetVersionExport,
  type DatasetVersionExportInfo,
  DatasetVersionExportInfoSchema,
  DatasetVersionExportSchema,
  StatusSchema,
  statusInfo,
} from '@limpid/wire';
import type { Deps } from '../../deps.ts';
import { exportFormat } from '../../flows/dataset/export/formats.ts';

type Config = Pick<Deps, 'config'>;

/** A version's exports by their format. */
export function exportMessages(
  deps: Config,
  version: DatasetVersionRow,
): ReadonlyMap<number, DatasetVersionExport> {
  return new Map(version.exports.map((row) => [row.format, exportMessage(deps, version, row)]));
}

/** Formats that nobody asked for stay empty. */
export function exportInfo(
  deps: Config,
  version: DatasetVersionRow,
): DatasetVersionExportInfo | undefined {
  if (version.exports.length === 0) return undefined;
  const info = create(DatasetVersionExportInfoSchema);
  for (const [format, message] of exportMessages(deps, version)) {
    const known = exportFormat(format);
    if (known) info[known.field] = message;
  }
  return info;
}

function exportMessage(
  { config }: Config,
  version: DatasetVersionRow,
  row: ExportRow,
): DatasetVersionExport {
  const isDone = row.status_code === exportStatus.done;
  return create(DatasetVersionExportSchema, {
    format: row.format,
    url: isDone ? `${config.publicUrl()}${pathOf(version, row.format)}` : '',
    size: BigInt(row.size),
    status: create(StatusSchema, {
      code: row.status_code,
      description: statusInfo(row.status_code).description,
      details: row.status_details,
    }),
  });
}

function pathOf(version: DatasetVersionRow, format: number): string {
  return filePath({
    kind: 'export',
    userId: version.user_id,
    appId: version.app_id,
    datasetId: version.dataset_id,
    versionId: version.id,
    name: exportFormat(format)?.name ?? '',
  });
}
