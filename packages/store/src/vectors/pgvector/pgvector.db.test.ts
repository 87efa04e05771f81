import pg from 'pg';
import { afterAll, describe } from 'vitest';
import { testVectors } from '../contract.ts';
import { openPgvector } from './pgvector.ts';
import { SCHEMA } from './tables.ts';

// A PostgreSQL with the pgvector extension, where there is one; its schema `limpid_vectors` is emptied.
const url = process.env.DATABASE_URL_PGVECTOR;

describe.runIf(url)('with pgvector', () => {
  const pool = new pg.Pool({ connectionString: url });
  afterAll(() => pool.end());

  testVectors('pgvector', async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    return { open: () => openPgvector(pool) };
  });
});
