export { connectionOfRunning } from './running.ts';
export { type Postgres, type PostgresOptions, startPostgres } from './start.ts';
