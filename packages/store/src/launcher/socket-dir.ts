import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giveTo, type Identity } from './identity.ts';

/** What sun_path holds on Linux, less its closing zero; macOS has four bytes less. */
const limit = 103;
const socketName = '.s.PGSQL.5432';

/** Makes an empty folder for the socket that only the server's account (and root) may enter. */
export async function makeSocketDir(
  identity: Identity,
  dataDir: string,
  wanted: string | undefined,
): Promise<string> {
  const path = await makePrivate(wanted ?? defaultPath(dataDir), wanted !== undefined);
  if (Buffer.byteLength(join(path, socketName)) > limit) {
    throw new Error(`The socket folder's path is too long for a unix socket: ${path}`);
  }
  await giveTo(identity, path);
  return path;
}

/** Named after the data folder, so that a run finds and clears what a killed one left. */
function defaultPath(dataDir: string): string {
  const name = `limpid-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
  const path = join(tmpdir(), name);
  return Buffer.byteLength(join(path, socketName)) > limit ? join('/tmp', name) : path;
}

async function makePrivate(path: string, exact: boolean): Promise<string> {
  try {
    if (await isOurs(path)) await rm(path, { recursive: true, force: true });
    await mkdir(path, { mode: 0o700, recursive: exact });
    await chmod(path, 0o700);
    return path;
  } catch (error) {
    // In a shared temporary folder somebody else may hold the name: take another.
    if (exact) throw error;
    return mkdtemp(join('/tmp', 'limpid-'));
  }
}

/** As root also what the server's account owns: nobody else could have put it into a name of ours. */
async function isOurs(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  const user = process.getuid?.();
  return stat?.isDirectory() === true && (stat.uid === user || user === 0);
}
