import { fileURLToPath } from 'node:url';
import type { DiskGuard } from '../home/space.ts';
import type { Blobs } from './blobs.ts';
import { openFileBlobs } from './fs.ts';

export {
  type Blob,
  type BlobInfo,
  type BlobSource,
  type Blobs,
  type ByteRange,
  type GetOptions,
  type PutOptions,
  RangeNotSatisfiable,
  type Stored,
} from './blobs.ts';

/** Opens the store that an address names: a folder, `file:…`, or `s3://bucket?endpoint=…&region=…`. */
export async function openBlobs(address: string, guard?: DiskGuard): Promise<Blobs> {
  if (address.startsWith('s3:')) {
    // The SDK is large: only those who use it load it.
    const { openS3Blobs } = await import('./s3.ts');
    return openS3Blobs(address);
  }
  return openFileBlobs(folderOf(address), guard);
}

/** `file:` with a path of any form: people write it with no slash, one or three. */
function folderOf(address: string): string {
  if (address.startsWith('file://')) return fileURLToPath(address);
  if (address.startsWith('file:')) return address.slice('file:'.length);
  if (/^[a-z][a-z0-9+.-]+:/.test(address)) throw new Error(`${address} is no store of blobs`);
  return address;
}
