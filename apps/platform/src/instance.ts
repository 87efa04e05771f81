// The instance's home and database, opened for the platform or for a command beside it.
import { existsSync } from 'node:fs';
import { createSecretBox, type SecretBox } from '@limpid/server/secrets';
import {
  connectionOfRunning,
  type Db,
  type DbOptions,
  foldersOf,
  type Home,
  type Log,
  openDb,
  openHome,
  type PostgresOptions,
  prepareDatabase,
  silentLog,
  startPostgres,
} from '@limpid/store';
import { loadSecretKey } from '@limpid/store/home/secret-key';
import type pg from 'pg';
import { createClosing } from './closing.ts';
import type { Config } from './config.ts';
import { createRandom } from './random.ts';

/** A database and the means to make credentials for it. */
export interface Instance extends AsyncDisposable {
  readonly db: Db;
  readonly connection: pg.PoolConfig;
  readonly secrets: SecretBox;
  readonly random: () => Uint8Array;
}

/** An instance that is ours alone. */
export interface OwnInstance extends Instance {
  readonly home: Home;
}

export const random = createRandom();

/** Takes the home, starts its PostgreSQL where it has one, and brings the database to today's form. */
export async function takeInstance(
  config: Config,
  log: Log,
  watch?: DbOptions['watch'],
): Promise<OwnInstance> {
  const closing = createClosing();
  try {
    const home = closing.add(
      await openHome(config.home, {
        ...(config.secretKey && { secretKey: config.secretKey }),
        modelsDir: config.modelsDir,
      }),
    );
    const connection = config.databaseUrl
      ? { connectionString: config.databaseUrl }
      : closing.add(await startPostgres(postgresOptions(home, log))).connection;
    await prepareDatabase({ connection, log });
    const db = closing.add(openDb({ connection, log, watch }));
    const secrets = createSecretBox(await home.secretKey());
    return { db, connection, secrets, random, home, [Symbol.asyncDispose]: () => closing.close() };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

function postgresOptions(home: Home, log: Log): PostgresOptions {
  return { dataDir: home.folders.pg, cacheDir: home.folders.cache, log };
}

/** The same database beside a running platform, or the home itself when none runs. */
export async function openInstance(config: Config): Promise<Instance> {
  const beside = connectionBeside(config);
  if (!beside) return await takeInstance(config, silentLog);
  const db = openDb({ connection: beside, log: silentLog, maxConnections: 2 });
  const secrets = createSecretBox(await loadSecretKey(config.home, config.secretKey));
  return { db, connection: beside, secrets, random, [Symbol.asyncDispose]: () => db.close() };
}

function connectionBeside(config: Config): pg.PoolConfig | undefined {
  const { pg: dataDir } = foldersOf(config.home);
  if (config.databaseUrl || !existsSync(dataDir)) return undefined;
  return connectionOfRunning(dataDir);
}
