// The folder that an instance keeps everything in. Opened by one process at a time, closed to other users, and
// marked with the form of its contents.
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type HomeLock, lockHome } from './home/lock.ts';
import { loadSecretKey } from './home/secret-key.ts';
import { createDiskGuard, type DiskGuard } from './home/space.ts';
import { writeDurably } from './home/write.ts';

export interface HomeOptions {
  /** LIMPID_SECRET_KEY, where it is set. */
  readonly secretKey?: string;
  /** LIMPID_MODELS_DIR, where models are shared between homes. */
  readonly modelsDir?: string;
  /** Free disk space that writes must leave. */
  readonly reserveBytes?: number;
}

export interface HomeFolders {
  readonly pg: string;
  readonly blobs: string;
  readonly vectors: string;
  readonly models: string;
  readonly logs: string;
  readonly cache: string;
  readonly backups: string;
}

export interface Home extends DiskGuard, AsyncDisposable {
  readonly path: string;
  readonly folders: HomeFolders;
  readonly marker: HomeMarker;
  /** True when this call made the home. */
  readonly isNew: boolean;
  /** 32 bytes that everything secret of this instance is derived from. */
  secretKey(): Promise<Buffer>;
  /** Lets another process have the home. */
  close(): Promise<void>;
}

export interface HomeMarker {
  readonly format: number;
  readonly created: string;
}

/** Raised when a home's contents change in a way that older releases would misread. */
export const homeFormat = 1;

const markerName = 'limpid-home.json';
const ownNames = new Set(['pg', 'blobs', 'vectors', 'models', 'logs', 'cache', 'backups', 'lock']);
// What a freshly made file system or a desktop puts into a folder.
const strangers = new Set(['lost+found', '.DS_Store']);

/** Opens a home, making it where there is none. Refuses one in use, of a newer format, or that isn't one. */
export async function openHome(path: string, options: HomeOptions = {}): Promise<Home> {
  const home = await makePrivate(path);
  await refuseStrangeFolder(home);
  const lock = await lockHome(home);
  try {
    return await openLocked(home, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(path: string, lock: HomeLock, options: HomeOptions): Promise<Home> {
  const { marker, isNew } = await readOrMakeMarker(path);
  const folders = foldersOf(path, options.modelsDir);
  for (const [name, folder] of Object.entries(folders)) {
    // Postgres makes its own.
    if (name !== 'pg') await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  let key: Promise<Buffer> | undefined;
  const close = async () => lock.release();
  return {
    path,
    folders,
    marker,
    isNew,
    secretKey: () => {
      key ??= loadSecretKey(path, options.secretKey);
      return key;
    },
    ...createDiskGuard(options.reserveBytes),
    close,
    [Symbol.asyncDispose]: close,
  };
}

export function foldersOf(path: string, modelsDir?: string): HomeFolders {
  return {
    pg: join(path, 'pg'),
    blobs: join(path, 'blobs'),
    vectors: join(path, 'vectors'),
    models: modelsDir ?? join(path, 'models'),
    logs: join(path, 'logs'),
    cache: join(path, 'cache'),
    backups: join(path, 'backups'),
  };
}

/** The real path, made or tightened so that other users neither list nor write it. */
async function makePrivate(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const home = await realpath(path);
    const { mode } = await stat(home);
    // Search bits are left: the account that Postgres runs under may need to pass.
    if (mode & 0o066) await chmod(home, mode & 0o7711);
    return home;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The home ${path} cannot be used: ${reason}`, { cause });
  }
}

async function refuseStrangeFolder(home: string): Promise<void> {
  if (existsSync(join(home, markerName))) return;
  const names = await readdir(home);
  const strange = names.find((name) => !ownNames.has(name) && !strangers.has(name));
  if (strange === undefined) return;
  throw new Error(
    `${home} is not empty and no home of ours (it holds ${strange}, but no ${markerName}). Choose an empty folder.`,
  );
}

async function readOrMakeMarker(home: string): Promise<{ marker: HomeMarker; isNew: boolean }> {
  const file = join(home, markerName);
  if (!existsSync(file)) {
    const marker = { format: homeFormat, created: new Date().toISOString() };
    await writeDurably(file, `${JSON.stringify(marker)}\n`);
    return { marker, isNew: true };
  }
  const marker = parseMarker(file, await readFile(file, 'utf8'));
  if (marker.format > homeFormat) {
    throw new Error(
      `${home} was written by a newer release (format ${marker.format}, this one reads up to ${homeFormat}).`,
    );
  }
  return { marker, isNew: false };
}

function parseMarker(file: string, text: string): HomeMarker {
  try {
    const { format, created } = JSON.parse(text) as Partial<HomeMarker>;
    if (Number.isSafeInteger(format) && typeof created === 'string') {
      return { format: Number(format), created };
    }
  } catch {
    // Said below, as for any other content.
  }
  throw new Error(`${file} is damaged: it should hold {"format": …, "created": …}.`);
}
