// Paths of files that are served beside media: what was uploaded, and what was exported. As with media there is no
// permission in them; the credential decides.

export const filesPrefix = '/files';

interface Place {
  readonly userId: string;
  readonly appId: string;
}

export interface UploadAddress extends Place {
  readonly kind: 'upload';
  readonly uploadId: string;
}

export interface ExportAddress extends Place {
  readonly kind: 'export';
  readonly datasetId: string;
  readonly versionId: string;
  /** `clarifai-data-protobuf`, `clarifai-data-json` or `coco`. */
  readonly name: string;
}

export type FileAddress = UploadAddress | ExportAddress;

export function filePath(address: FileAddress): string {
  const place = `${filesPrefix}/users/${address.userId}/apps/${address.appId}`;
  if (address.kind === 'upload') return `${place}/uploads/${address.uploadId}`;
  const { datasetId, versionId, name } = address;
  return `${place}/datasets/${datasetId}/versions/${versionId}/exports/${name}.zip`;
}

const segment = '([A-Za-z0-9_-]{1,64})';
const place = `^${filesPrefix}/users/([^/]{1,128})/apps/${segment}`;
const uploadPath = new RegExp(`${place}/uploads/${segment}$`);
const exportPath = new RegExp(
  `${place}/datasets/${segment}/versions/${segment}/exports/${segment}\\.zip$`,
);

/** Reads a path back; undefined for any that none of ours could be. */
export function parseFilePath(path: string): FileAddress | undefined {
  const upload = uploadPath.exec(path);
  if (upload) {
    const [, userId = '', appId = '', uploadId = ''] = upload;
    return { kind: 'upload', userId, appId, uploadId };
  }
  const exported = exportPath.exec(path);
  if (!exported) return undefined;
  const [, userId = '', appId = '', datasetId = '', versionId = '', name = ''] = exported;
  return { kind: 'export', userId, appId, datasetId, versionId, name };
}
