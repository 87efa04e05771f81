// Role `all`: everything in this process. Order of the start: home, database, first user, server; of the end: the reverse.
import { readFile } from 'node:fs/promises';
import type { Deps } from '@limpid/server/deps';
import { createRunnerDispatcher } from '@limpid/server/runners/dispatcher';
import { createRunnerPolls } from '@limpid/server/runners/poll';
import { startServer } from '@limpid/server/server';
import { newHexId } from '@limpid/wire';
import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { createClosing } from '../closing.ts';
import type { Config } from '../config.ts';
import { ensureFirstUser } from '../first-start.ts';
import { type OwnInstance, takeInstance } from '../instance.ts';
import { createLogger } from '../logger.ts';
import { untilStopped } from '../signals.ts';

const GRACE_MS = 30_000;

export async function runAll(config: Config): Promise<void> {
  const stopped = untilStopped();
  const log = createLogger(config.logLevel);
  const closing = createClosing();
  try {
    const instance = closing.add(await takeInstance(config, log));
    let port = config.port;
    const url = (): string => config.publicUrl ?? urlOf(config, port);
    const deps = makeDeps(config, instance, log, url);
    const server = await startServer({
      deps,
      registry: new Registry(),
      listen: {
        host: config.host,
        port: config.port,
        ...(config.tls && { tls: config.tls }),
        maxMessageBytes: config.maxMessageMb * 1024 * 1024,
        corsOrigins: config.corsOrigins,
        descriptors: await readFile(
          new URL('../../../../packages/wire/gen/merged.binpb', import.meta.url),
        ),
      },
      readiness: () => readiness(instance),
    });
    closing.add({ [Symbol.asyncDispose]: () => server.close(GRACE_MS) });
    port = server.port;
    const credentials = await ensureFirstUser(instance, config, url());
    greet(url(), config.userId, credentials);
    await stopped;
    log.info({}, 'stopping');
  } finally {
    await closing.close();
  }
}

function makeDeps(
  config: Config,
  instance: OwnInstance,
  log: Deps['log'],
  publicUrl: () => string,
): Deps {
  const runners = createRunnerDispatcher({ ids: () => newHexId(instance.random) });
  return {
    db: instance.db,
    secrets: instance.secrets,
    config: { publicUrl, rateLimitRps: config.rateLimitRps },
    clock: () => new Date(),
    random: instance.random,
    log,
    runners,
    runnerPolls: createRunnerPolls({ dispatcher: runners }),
  };
}

async function readiness(
  instance: OwnInstance,
): Promise<{ ready: boolean; details: Record<string, unknown> }> {
  const database = await sql`select 1`.execute(instance.db).then(
    () => true,
    () => false,
  );
  return { ready: database, details: { database } };
}

function urlOf(config: Config, port: number): string {
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  return `${config.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function greet(url: string, userId: string, credentials: string): void {
  console.log(`
  Limpid is ready at ${url}

  user         ${userId}
  credentials  ${credentials}

  Try it:
    curl ${url}/v2/users/me -H "Authorization: Key $(node -p 'require("${credentials}").pat')"
`);
}
