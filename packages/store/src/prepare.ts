import { type Migrated, type MigrateOptions, migrate } from './db/migrate.ts';
import { installJobs } from './jobs/install.ts';

/** Makes a database ready for use: the job queue's schema and our migrations, under one lock. */
export function prepareDatabase(options: Omit<MigrateOptions, 'install'>): Promise<Migrated> {
  return migrate({ ...options, install: (connection) => installJobs(connection, options.log) });
}
