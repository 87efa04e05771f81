import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { backup, openBlobs, openHome, restore, startPostgres } from '@limpid/store';
import { loadSecretKey } from '@limpid/store/home/secret-key';
import { createClosing } from '../closing.ts';
import type { Config } from '../config.ts';
import { openInstance } from '../instance.ts';
import { createLogger } from '../logger.ts';
import { UsageError } from '../usage-error.ts';

/** `limpid backup FOLDER`: everything the instance keeps, as of one moment, while it goes on working. */
export async function backupCommand(config: Config, args: readonly string[]): Promise<void> {
  const [out, ...rest] = args;
  if (!out || rest.length > 0)
    throw new UsageError('limpid backup FOLDER: give one folder that does not exist yet');
  if (existsSync(out)) throw new UsageError(`${out} exists already`);
  await using instance = await openInstance(config);
  const blobs = await openBlobs(config.blobs ?? join(config.home, 'blobs'));
  const credentials = join(config.home, 'credentials.json');
  const manifest = await backup({
    connection: instance.connection,
    blobs,
    secretKey: await loadSecretKey(config.home, config.secretKey),
    files: existsSync(credentials) ? [credentials] : [],
    out: resolve(out),
    log: createLogger(config.logLevel),
  });
  console.log(JSON.stringify({ backup: resolve(out), ...summary(manifest) }));
}

/** `limpid restore FOLDER`: fills a home that holds nothing yet. */
export async function restoreCommand(config: Config, args: readonly string[]): Promise<void> {
  const [from, ...rest] = args;
  if (!from || rest.length > 0)
    throw new UsageError('limpid restore FOLDER: give the folder of one backup');
  if (!existsSync(from)) throw new UsageError(`${from} does not exist`);
  const log = createLogger(config.logLevel);
  await using closing = createClosing();
  const home = closing.add(await openHome(config.home, { modelsDir: config.modelsDir }));
  const connection = config.databaseUrl
    ? { connectionString: config.databaseUrl }
    : closing.add(
        await startPostgres({ dataDir: home.folders.pg, cacheDir: home.folders.cache, log }),
      ).connection;
  const manifest = await restore({
    from: resolve(from),
    connection,
    blobs: await openBlobs(config.blobs ?? home.folders.blobs, home),
    home: home.path,
    ...(config.secretKey && { secretKey: config.secretKey }),
    // The vector index is no part of a backup: it is filled again from the rows.
    madeAgain: [home.folders.vectors],
    afterLoad: async (client) => {
      await client.query('update embeddings set indexed = false');
    },
    log,
  });
  console.log(JSON.stringify({ restored: resolve(from), ...summary(manifest) }));
}

function summary(manifest: object): object {
  return Object.fromEntries(
    Object.entries(manifest).filter(([, value]) => typeof value !== 'object'),
  );
}
