// Role `all`: everything in this process. Order of the start: home, database, workers, server, first user; of the end: the reverse.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Agent } from '@limpid/runner/agent/agent';
import type { Deps } from '@limpid/server/deps';
import { gauge, gaugeRunners, observeRunners } from '@limpid/server/metrics';
import { createRunnerDispatcher } from '@limpid/server/runners/dispatcher';
import { keepRunners } from '@limpid/server/runners/managed';
import { createRunnerPolls } from '@limpid/server/runners/poll';
import { catalogueOf } from '@limpid/server/seed/catalogue';
import { seedCatalogue } from '@limpid/server/seed/seed-catalogue';
import { startServer } from '@limpid/server/server';
import { traceFetch, traceQueries, traceRunners } from '@limpid/server/tracing/outside';
import { indexLag, ingestLag } from '@limpid/store/db/lags';
import { newHexId } from '@limpid/wire';
import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { startAgent } from '../agent.ts';
import { createClosing } from '../closing.ts';
import type { Config } from '../config.ts';
import { ensureFirstUser } from '../first-start.ts';
import { type OwnInstance, takeInstance } from '../instance.ts';
import { createLogger } from '../logger.ts';
import { missingModels, offersOf } from '../offers.ts';
import { untilStopped } from '../signals.ts';
import { openStores, type Stores } from '../stores.ts';
import { openTracing } from '../tracing.ts';
import { openIndex } from '../vectors.ts';
import { startWork } from '../work.ts';

const GRACE_MS = 30_000;

export async function runAll(config: Config): Promise<void> {
  const stopped = untilStopped();
  const log = createLogger(config.logLevel);
  const closing = createClosing();
  try {
    const catalogue = catalogueOf(offersOf(config.models));
    // Closed last: what the others still do at their end is seen.
    const traced = await openTracing(config, log);
    if (traced) closing.add(traced);
    const tracing = traced?.tracing;
    const instance = closing.add(await takeInstance(config, log, tracing && traceQueries(tracing)));
    let port = config.port;
    const url = (): string => config.publicUrl ?? urlOf(config, port);
    const stores = await openStores(config, instance);
    closing.add(stores.blobs);
    const { vectors } = closing.add(await openIndex(config, instance, log));
    // Not ready before somebody can sign in.
    let seeded = false;
    let agent: Agent | undefined;
    const registry = new Registry();
    const base = makeDeps(config, instance, { ...stores, vectors, tracing }, log, url, registry);
    const deps: Deps = { ...base, wakeRunner: (key) => agent?.wake(key) };
    agent = closing.add(startAgent(config, base, () => urlOf(config, port)));
    await seedCatalogue(deps, catalogue);
    await keepRunners(deps);
    closing.add(await startWork(deps, instance));
    const server = await startServer({
      deps,
      registry,
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
      readiness: async () => {
        const { ready, details } = await readiness(deps);
        return { ready: ready && seeded, details };
      },
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
    seeded = true;
    greet(url(), config.userId, credentials, catalogue.models.length > 0);
    agent.prefetch(await missingModels(config));
    await stopped;
    log.info({}, 'stopping');
  } finally {
    await closing.close();
  }
}

function makeDeps(
  config: Config,
  instance: OwnInstance,
  stores: Stores & Pick<Deps, 'vectors' | 'tracing'>,
  log: Deps['log'],
  publicUrl: () => string,
  registry: Registry,
): Omit<Deps, 'wakeRunner'> {
  const { tracing, fetchUrl } = stores;
  const plain = createRunnerDispatcher({
    ids: () => newHexId(instance.random),
    observe: observeRunners(registry),
  });
  const runners = tracing ? traceRunners(tracing, plain) : plain;
  gaugeRunners(registry, runners);
  gauge(
    registry,
    'limpid_ingest_lag_seconds',
    'Age of the oldest input that is not processed yet.',
    () => ingestLag(instance.db),
  );
  gauge(registry, 'limpid_index_lag', 'Embeddings that the vector index does not hold yet.', () =>
    indexLag(instance.db),
  );
  return {
    ...stores,
    fetchUrl: tracing ? traceFetch(tracing, fetchUrl) : fetchUrl,
    db: instance.db,
    secrets: instance.secrets,
    config: {
      publicUrl,
      rateLimitRps: config.rateLimitRps,
      purgeAfterSeconds: config.purgeAfterHours * 3600,
    },
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
  vectors,
}: Deps): Promise<{ ready: boolean; details: Record<string, unknown> }> {
  const works = (check: Promise<unknown>): Promise<boolean> =>
    check.then(
      () => true,
      () => false,
    );
  const [database, writable, index] = await Promise.all([
    works(sql`select 1`.execute(db)),
    works(blobs.check()),
    works(vectors.spaces()),
  ]);
  const ready = database && writable && index;
  return { ready, details: { database, blobs: writable, vectors: index } };
}

function urlOf(config: Config, port: number): string {
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  return `${config.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

// Printed in the first curl line.
const SAMPLE = new URL('../../../../packages/runner/src/media/samples/dog.jpg', import.meta.url);

function greet(url: string, userId: string, credentials: string, hasModels: boolean): void {
  const pat = `$(node -p 'require("${credentials}").pat')`;
  const path = hasModels
    ? '/v2/users/clarifai/apps/main/models/general-image-recognition/outputs'
    : '/v2/users/me';
  const image = `$(base64 < ${fileURLToPath(SAMPLE)} | tr -d '\\n')`;
  const json = `{\\"inputs\\":[{\\"data\\":{\\"image\\":{\\"base64\\":\\"${image}\\"}}}]}`;
  const body = hasModels ? ` -d "${json}"` : '';
  console.log(`
  Limpid is ready at ${url}

  user         ${userId}
  credentials  ${credentials}

  Try it:
    curl ${url}${path} -H "Authorization: Key ${pat}"${body}
`);
}
