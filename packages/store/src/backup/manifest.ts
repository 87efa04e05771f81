import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const backupFormat = 1;
export const manifestName = 'manifest.json';

/** What a backup holds. Every file in it but this one is named here with its hash; this one's stands beside it. */
export interface Manifest {
  readonly format: number;
  readonly created: string;
  readonly migrations: readonly AppliedMigration[];
  readonly tables: readonly TableEntry[];
  readonly sequences: readonly SequenceEntry[];
  readonly jobs: FileEntry & { readonly rows: number };
  /** Absent in a backup of the database alone. */
  readonly blobs?: FileEntry & { readonly count: number; readonly bytes: number };
  readonly secretKey?: FileEntry;
  readonly files: readonly FileEntry[];
}

export interface FileEntry {
  readonly file: string;
  readonly sha256: string;
}

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

export interface TableEntry extends FileEntry {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

export interface SequenceEntry {
  readonly sequence: string;
  readonly value: string;
  readonly called: boolean;
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Reads the manifest and checks every file it names; blobs are checked one by one as they are restored. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${folder} is no finished backup: it has no ${manifestName}.`, { cause });
  });
  const expected = (await readFile(`${path}.sha256`, 'utf8')).split(' ', 1)[0];
  if ((await hashFile(path)) !== expected) throw damaged(manifestName);
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.format > backupFormat) {
    throw new Error(`${folder} was made by a newer release (backup format ${manifest.format}).`);
  }
  for (const entry of filesOf(manifest)) {
    const found = await hashFile(join(folder, entry.file)).catch(() => undefined);
    if (found !== entry.sha256) throw damaged(entry.file);
  }
  return manifest;
}

function filesOf(manifest: Manifest): FileEntry[] {
  const { tables, jobs, blobs, secretKey, files } = manifest;
  return [...tables, jobs, ...(blobs ? [blobs] : []), ...(secretKey ? [secretKey] : []), ...files];
}

function damaged(file: string): Error {
  return new Error(`The backup is damaged: ${file} is missing or not as it was written.`);
}
