// Files beside media: what was uploaded, and what was exported of dataset versions.
import { Readable } from 'node:stream';
import type { AppScope } from '@limpid/domain/access/authority';
import {
  type ExportAddress,
  filesPrefix,
  parseFilePath,
  type UploadAddress,
} from '@limpid/domain/files/paths';
import { findExportBlob } from '@limpid/store/db/dataset-exports';
import { getDatasetVersions } from '@limpid/store/db/dataset-versions';
import { getDatasets } from '@limpid/store/db/datasets';
import { getUploads, uploadStatus } from '@limpid/store/db/uploads';
import { notFound } from '@limpid/wire';
import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { formatNamed } from '../flows/dataset/export/formats.ts';
import { openUpload } from '../flows/upload/content.ts';
import { type Content, type Header, headersOf, refuse, sendContent } from './content.ts';
import { openAppScope } from './media-access.ts';

export function registerFileRoutes(app: FastifyInstance, deps: Deps): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: `${filesPrefix}/*`,
    handler: async (request, reply) => {
      try {
        const [path = ''] = request.url.split('?', 1);
        const content = await findContent(deps, path, headersOf(request));
        return await sendContent(request, reply, content);
      } catch (error) {
        return refuse(deps, reply, error);
      }
    },
  });
}

async function findContent(deps: Deps, path: string, header: Header): Promise<Content> {
  const address = parseFilePath(path);
  if (!address) throw notFound();
  if (address.kind === 'upload') {
    const scope = await openAppScope(deps, address, header, 'Uploads:Get');
    return await uploadContent(deps, scope, address);
  }
  const scope = await openAppScope(deps, address, header, 'Datasets:Get');
  return await exportContent(deps, scope, address);
}

async function exportContent(
  deps: Deps,
  scope: AppScope,
  { datasetId, versionId, name }: ExportAddress,
): Promise<Content> {
  const [dataset] = await getDatasets(deps.db, scope, [datasetId]);
  const [version] = dataset
    ? await getDatasetVersions(deps.db, scope, dataset.key, [versionId])
    : [];
  const format = formatNamed(name);
  if (!version || format === undefined) throw notFound();
  const key = await findExportBlob(deps.db, scope, version.key, format);
  const info = key && (await deps.blobs.head(key));
  if (!info) throw notFound();
  return {
    // The official client takes no other.
    type: 'application/zip',
    size: info.size,
    etag: info.etag,
    inline: false,
    name: `${datasetId}-${versionId}-${name}.zip`,
    read: async (range) => {
      const blob = await deps.blobs.get(key, range ? { range } : {});
      if (!blob) throw notFound();
      return blob.stream;
    },
  };
}

async function uploadContent(
  deps: Deps,
  scope: AppScope,
  { uploadId }: UploadAddress,
): Promise<Content> {
  const [row] = await getUploads(deps.db, scope, [uploadId]);
  if (row?.status_code !== uploadStatus.done) throw notFound();
  const content = await openUpload(deps, row.key);
  return {
    // Nobody has looked at the bytes.
    type: 'application/octet-stream',
    size: content.size,
    etag: content.etag,
    inline: false,
    name: row.content_name || row.id,
    read: async (range) => {
      const { start, end } = range ?? { start: 0, end: content.size - 1 };
      return Readable.from(content.read(start, end + 1));
    },
  };
}
