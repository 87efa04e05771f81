import { testDatabase } from '@limpid/testkit/database';
import pg from 'pg';
import { expect, test } from 'vitest';
import { silentLog } from '../log.ts';
import { reportBreaks } from './pool-breaks.ts';

async function openPool() {
  const { connection } = await testDatabase();
  const pool = new pg.Pool({ ...connection, max: 1 });
  const told: string[] = [];
  const warn = (fields: object, text = '') => {
    told.push(text);
    // Neither statements nor how to connect belong into a log.
    expect(JSON.stringify({ ...Object.values(fields)[0] })).not.toContain('connection');
  };
  reportBreaks(pool, { ...silentLog, warn }, 'broke');
  const client = await pool.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  client.release();
  return { connection, pool, client, told, pid: rows[0].pid };
}

test('a connection that breaks while idle is told', async () => {
  const { connection, pool, told, pid } = await openPool();
  const admin = new pg.Client(connection);
  await admin.connect();
  await admin.query('select pg_terminate_backend($1)', [pid]);
  await admin.end();
  await expect.poll(() => told).toEqual(['broke']);
  await pool.end();
});

test('one that the server ends while its pool is closed is not', async () => {
  const { pool, client, told } = await openPool();
  const gone = new Promise((resolve) => client.once('end', resolve));
  const closed = pool.end();
  // What the driver does when a stopping server was quicker with its goodbye.
  client.emit('error', new Error('terminating connection due to administrator command'));
  await closed;
  await gone;
  expect(told).toEqual([]);
});
