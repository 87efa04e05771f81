import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { commandAs, giveTo, type Identity, reducedEnvironment } from './identity.ts';
import { type Tail, tailOf } from './tail.ts';

export const superuser = 'limpid';

/**
 * Creates the data folder where there is none, and tells whether it did. It is filled under another name first: a
 * start that was cut off in the middle leaves nothing that looks like a database.
 */
export async function createCluster(
  binaries: Binaries,
  identity: Identity,
  dataDir: string,
): Promise<boolean> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) {
    await checkVersion(dataDir);
    return false;
  }
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  await giveTo(identity, unfinished);
  await initdb(binaries, identity, [`--pgdata=${unfinished}`, ...clusterOptions]);
  // An empty folder may have been made for us; a filled one makes the rename fail, as it should.
  await rename(unfinished, dataDir);
  return true;
}

/** Makes a new cluster's thousand small files durable: seconds on a busy disk, so a first start doesn't wait for it. */
export async function syncCluster(
  binaries: Binaries,
  identity: Identity,
  dataDir: string,
): Promise<void> {
  await initdb(binaries, identity, [`--pgdata=${dataDir}`, '--sync-only']);
}

const clusterOptions = [
  `--username=${superuser}`,
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
  '--no-sync',
];

async function checkVersion(dataDir: string): Promise<void> {
  const found = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim();
  if (found === '18') return;
  throw new Error(
    `${dataDir} was written by PostgreSQL ${found}, this release brings 18. ` +
      'Make a backup with the release that wrote it, then restore it into an empty home.',
  );
}

async function initdb(
  binaries: Binaries,
  identity: Identity,
  args: readonly string[],
): Promise<void> {
  const command = commandAs(identity, binaries.initdb, args);
  const child = spawn(command.file, command.args, {
    ...command.options,
    env: reducedEnvironment(),
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Tail = tailOf(child.stdout, child.stderr);
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : `exit ${code ?? signal}: ${said.text()}`),
    );
  });
  if (failure !== undefined) throw new Error(`Creating the database files failed: ${failure}`);
}
