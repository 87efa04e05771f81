// Vitest's global setup: one Postgres for the whole run, in a temporary folder, and one migrated database that the
// tests clone. Nothing here outlives the run, so nothing waits for the disk.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDatabase, startPostgres } from '@limpid/store';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

export interface TestServer {
  readonly host: string;
  readonly user: string;
}

export const template = 'limpid_template';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestServer;
  }
}

// Also what a failing start has to say is wanted: on the terminal, where the run is watched.
const log = {
  debug() {},
  info() {},
  warn: (fields: object, text?: string) => console.warn(text, fields),
  error: (fields: object, text?: string) => console.error(text, fields),
};

/** Starts the server, provides it to the tests, and returns what stops it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'limpid-test-'));
  const postgres = await startPostgres({
    dataDir: join(folder, 'pg'),
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '200',
      autovacuum: 'off',
      max_wal_size: '4GB',
    },
    log,
  });
  const { host = '', user = '' } = postgres.connection;
  const server: TestServer = { host, user };
  await createTemplate(server);
  project.provide('postgres', server);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function createTemplate(server: TestServer): Promise<void> {
  const admin = new pg.Client({ ...server, database: 'postgres' });
  await admin.connect();
  try {
    await admin.query(`create database ${template}`);
  } finally {
    await admin.end();
  }
  await prepareDatabase({ connection: { ...server, database: template }, log });
}
