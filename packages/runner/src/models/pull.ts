import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTarball } from './archive/tar.ts';
import { ZipReader } from './archive/zip.ts';
import { weightPack } from './catalogue.ts';
import { type ConversionContext, convert } from './convert/index.ts';
import { download, hashFile } from './download.ts';
import { ModelError } from './errors.ts';
import { withFileLock } from './lock.ts';
import type { ModelManifest, WeightPack } from './manifest.ts';
import { describeSource, type Environment, fileNameOf, locate, type Source } from './sources.ts';

const MAX_MEMBER = 256 << 20;
const MAX_UNPACKED = 2 ** 30;
const RECORD = 'pack.json';

export interface PullProgress {
  readonly pack: string;
  readonly phase: 'download' | 'convert' | 'ready';
  readonly source?: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface PullOptions {
  /** Folder of all weights; several homes and processes may share it. */
  readonly modelsDir: string;
  /** A folder with the archives themselves, asked before any network. */
  readonly localDir?: string | undefined;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Environment;
}

/**
 * Makes the model's weight packs ready under `modelsDir/<pack>/<version>/`: downloads what is missing
 * (resumed, checked by SHA-256), takes only the listed members, converts, and puts the finished
 * folder in place at once. Safe to call from several processes; needs no network when all is there.
 */
export async function pullModel(manifest: ModelManifest, options: PullOptions): Promise<void> {
  for (const id of manifest.packs) await pullPack(weightPack(id), options);
}

export async function pullPack(pack: WeightPack, options: PullOptions): Promise<string> {
  const folder = packDir(options.modelsDir, pack);
  if (await isReady(folder)) return folder;
  for (const id of pack.needs ?? []) await pullPack(weightPack(id), options);
  await mkdir(join(options.modelsDir, '.work'), { recursive: true });
  const lock = join(options.modelsDir, '.work', `${pack.id}-${pack.version}.lock`);
  await withFileLock(lock, options.signal, async () => {
    if (!(await isReady(folder))) await build(pack, folder, options);
  });
  return folder;
}

/** Where a pack stands once pulled. */
export function packDir(modelsDir: string, pack: WeightPack): string {
  return join(modelsDir, pack.id, pack.version);
}

/** The same, for opening: throws `not-pulled` when it is not there. */
export function pulledDir(modelsDir: string, pack: WeightPack): string {
  const folder = packDir(modelsDir, pack);
  if (existsSync(join(folder, RECORD))) return folder;
  throw new ModelError('not-pulled', `the weights ${pack.id} ${pack.version} are not pulled yet`);
}

export async function isPulled(manifest: ModelManifest, modelsDir: string): Promise<boolean> {
  for (const id of manifest.packs) {
    if (!(await isReady(packDir(modelsDir, weightPack(id))))) return false;
  }
  return true;
}

async function build(pack: WeightPack, folder: string, options: PullOptions): Promise<void> {
  const archives: string[] = [];
  const members = new Map<string, Buffer>();
  for (const sources of pack.artifacts) {
    const { archive, source, owned } = await obtain(pack, sources, options);
    if (owned) archives.push(archive);
    for (const [name, bytes] of await takeMembers(archive, source)) members.set(name, bytes);
  }
  options.onProgress?.({ pack: pack.id, phase: 'convert', receivedBytes: 0, totalBytes: 0 });
  const context: ConversionContext = {
    pack: (id) => packDir(options.modelsDir, weightPack(id)),
    scratch: join(options.modelsDir, '.work'),
  };
  const files = await convert(pack.conversion, members, context);
  await place(pack, folder, files, options.modelsDir);
  for (const archive of archives) await rm(archive, { force: true });
  options.onProgress?.({ pack: pack.id, phase: 'ready', receivedBytes: 0, totalBytes: 0 });
}

async function obtain(
  pack: WeightPack,
  sources: readonly Source[],
  options: PullOptions,
): Promise<{ archive: string; source: Source; owned: boolean }> {
  const failures: string[] = [];
  for (const source of sources) {
    const local = options.localDir && join(options.localDir, fileNameOf(source));
    if (local && (await exists(local))) {
      if ((await hashFile(local)) === source.sha256)
        return { archive: local, source, owned: false };
      failures.push(`${local}: wrong SHA-256`);
    }
    try {
      return { archive: await fetchArchive(pack, source, options), source, owned: true };
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`${describeSource(source)}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new ModelError('download', `${pack.id} could not be pulled: ${failures.join('; ')}`);
}

async function fetchArchive(
  pack: WeightPack,
  source: Source,
  options: PullOptions,
): Promise<string> {
  const target = join(options.modelsDir, '.work', 'archives', source.sha256);
  if (await exists(target)) return target;
  const locations = await locate(source, options.env ?? process.env, options.signal);
  for (const [index, location] of locations.entries()) {
    try {
      await download({
        location,
        target,
        sha256: source.sha256,
        bytes: source.bytes,
        signal: options.signal,
        onBytes: (receivedBytes) =>
          options.onProgress?.({
            pack: pack.id,
            phase: 'download',
            source: describeSource(source),
            receivedBytes,
            totalBytes: source.bytes,
          }),
      });
      return target;
    } catch (error) {
      if (index === locations.length - 1) throw error;
    }
  }
  throw new ModelError('download', `no address for ${describeSource(source)}`);
}

async function takeMembers(archive: string, source: Source): Promise<Map<string, Buffer>> {
  if (source.kind === 'hub') return new Map([[source.as, await readFile(archive)]]);
  const wanted = Object.entries(source.members);
  const taken = new Map<string, Buffer>();
  if (source.kind === 'pypi') {
    await using zip = await ZipReader.open(archive);
    for (const [name, path] of wanted) taken.set(name, await zip.read(path, MAX_MEMBER));
    return taken;
  }
  const found = await readTarball(archive, new Set(wanted.map(([, path]) => path)), {
    maxFileBytes: MAX_MEMBER,
    maxTotalBytes: MAX_UNPACKED,
  });
  for (const [name, path] of wanted) {
    const bytes = found.get(path);
    if (!bytes) throw new ModelError('archive', `${describeSource(source)} holds no ${path}`);
    taken.set(name, bytes);
  }
  return taken;
}

/** Writes beside the goal and renames, so that a folder under its final name is always complete. */
async function place(
  pack: WeightPack,
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  modelsDir: string,
): Promise<void> {
  const lacking = pack.files.filter((name) => !files.has(name));
  if (lacking.length > 0) throw new ModelError('conversion', `no ${lacking.join(', ')} was made`);
  const draft = join(modelsDir, '.work', `${pack.id}-${pack.version}.draft`);
  // Only the holder of the pack's lock comes here: a draft that is there is of a process that died.
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(draft, name), bytes);
  const record = {
    id: pack.id,
    version: pack.version,
    license: pack.license,
    credit: pack.credit,
    homepage: pack.homepage,
    sources: pack.artifacts
      .flat()
      .map((source) => ({ name: describeSource(source), sha256: source.sha256 })),
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.length])),
  };
  await writeFile(join(draft, RECORD), `${JSON.stringify(record, undefined, 2)}\n`);
  await mkdir(join(folder, '..'), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

async function isReady(folder: string): Promise<boolean> {
  try {
    const record = JSON.parse(await readFile(join(folder, RECORD), 'utf8')) as {
      files: Record<string, number>;
    };
    for (const [name, bytes] of Object.entries(record.files)) {
      if ((await stat(join(folder, name))).size !== bytes) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
