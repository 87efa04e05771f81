// A database whose disk is full, as far as one table goes: the server's own writes fail, and its own answer comes.
import { renameSync, symlinkSync } from 'node:fs';
import pg from 'pg';

/**
 * Lets an empty table not take a row until it is disposed of. Its file is the device that is always full, so this needs
 * Linux and a server without fsync, as that of the tests is.
 */
export async function fillTable(
  connection: pg.PoolConfig,
  table: string,
): Promise<AsyncDisposable> {
  const admin = new pg.Client(connection);
  await admin.connect();
  const { rows } = await admin.query<{ file: string; size: string }>(
    `select current_setting('data_directory') || '/' || pg_relation_filepath($1) as file, pg_relation_size($1) as size`,
    [table],
  );
  const { file = '', size } = rows[0] ?? {};
  if (Number(size) !== 0) throw new Error(`${table} holds rows already.`);
  const aside = `${file}.aside`;
  // Sessions keep files open: those that have seen the one must end before the other counts.
  const endSessions = () =>
    admin.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    );
  renameSync(file, aside);
  symlinkSync('/dev/full', file);
  await endSessions();
  return {
    [Symbol.asyncDispose]: async () => {
      renameSync(aside, file);
      await endSessions();
      await admin.end();
    },
  };
}
