// Role `all`: everything in this process. Order of the start: home, database, workers, server, first user; of the end: the reverse.
import { readFile } from 'node:fs/promises';
import type { Agent } from '@limpid/runner/agent/agent';
import type { Deps } from '@limpid/server/deps';
import { createRunnerDispatcher } from '@limpid/server/runners/dispatcher';
import { keepRunners } from '@limpid/server/runners/managed';
import { createRunnerPolls } from '@limpid/server/runners/poll';
import { catalogueOf } from '@limpid/server/seed/catalogue';
import { seedCatalogue } from '@limpid/server/seed/seed-catalogue';
import { startServer } from '@limpid/server/server';
import { newHexId } from '@limpid/wire';
import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { startAgent } from '../agent.ts';
import { createClosing } from '../closing.ts';
import type { Config } from '../config.ts';
import { ensureFirstUser } from '../first-start.ts';
import { type OwnInstance, takeInstance } from '../instance.ts';
import { createLogger } from '../logger.ts';
import { offersOf } from '../offers.ts';
import { untilStopped } from '../signals.ts';
import { openStores, type Stores } from '../stores.ts';
import { startWork } from '../work.ts';

const GRACE_MS = 30_000;

export async function runAll(config: Config): Promise<void> {
  const stopped = untilStopped();
  const log = createLogger(config.logLevel);
  const closing = createClosing();
  try {
    const catalogue = catalogueOf(offersOf(config.models));
    const instance = closing.add(await takeInstance(config, log));
    let port = config.port;
    const url = (): string => config.publicUrl ?? urlOf(config, port);
    const stores = await openStores(config, instance);
    closing.add(stores.blobs);
    let agent: Agent | undefined;
    const base = makeDeps(config, instance, stores, log, url);
    const deps: Deps = { ...base, wakeRunner: (key) => agent?.wake(key) };
    agent = closing.add(startAgent(config, base, () => urlOf(config, port)));
    await seedCatalogue(deps, catalogue);
    await keepRunners(deps);
    closing.add(await startWork(deps, instance));
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
      readiness: () => readiness(deps),
    });
    // Streams of runners never end by themselves: what runs on them is finished first, then the port is closed.
    closing.add({
      [Symbol.asyncDispose]: async () => {
        await deps.runners.drain(AbortSignal.timeout(GRACE_MS));
        await server.close(GRACE_MS);
      },
    });
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
  stores: Stores,
  log: Deps['log'],
  publicUrl: () => string,
): Omit<Deps, 'wakeRunner'> {
  const runners = createRunnerDispatcher({ ids: () => newHexId(instance.random) });
  return {
    ...stores,
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

async function readiness({
  db,
  blobs,
}: Deps): Promise<{ ready: boolean; details: Record<string, unknown> }> {
  const works = (check: Promise<unknown>): Promise<boolean> =>
    check.then(
      () => true,
      () => false,
    );
  const [database, writable] = await Promise.all([
    works(sql`select 1`.execute(db)),
    works(blobs.check()),
  ]);
  return { ready: database && writable, details: { database, blobs: writable } };
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
