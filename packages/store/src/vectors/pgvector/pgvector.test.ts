import pg from 'pg';
import { afterAll, expect, test, vi } from 'vitest';
import { testVectors } from '../contract.ts';
import type { VectorFilter } from '../vectors.ts';
import { openPgvector } from './pgvector.ts';
import { exactSearch, indexSearch } from './search-sql.ts';
import { SCHEMA } from './tables.ts';

const filters: VectorFilter[] = [
  {},
  { kinds: [1, 2] },
  { only: { by: 'input', values: BigUint64Array.of(5n) }, kinds: [] },
  {
    except: { by: 'key', values: BigUint64Array.of(2n ** 62n) },
    only: { by: 'key', values: BigUint64Array.of(1n, 2n) },
  },
];

test('every statement names the app, and exactly the values that it uses', () => {
  for (const filter of filters) {
    const query = { app: 9n, vector: Float32Array.of(1, 0.5), k: 3, filter };
    for (const { text, values } of [
      exactSearch('s', query),
      exactSearch('s', { ...query, metric: 'inner', distinct: true }),
      indexSearch('s', query, 2, 30),
    ]) {
      const places = new Set([...text.matchAll(/\$(\d+)/g)].map(([, place]) => Number(place)));
      expect([...places].sort()).toEqual(values.map((_, i) => i + 1));
      expect(text).toContain('app = $2::bigint');
      expect(values.slice(0, 2)).toEqual(['[1,0.5]', '9']);
    }
  }
});

// A PostgreSQL with the pgvector extension, where there is one; its schema `limpid_vectors` is emptied.
const url = process.env.DATABASE_URL_PGVECTOR;

if (url) {
  vi.setConfig({ testTimeout: 600_000 });
  const pool = new pg.Pool({ connectionString: url });
  afterAll(() => pool.end());

  testVectors('pgvector', async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
    return { open: () => openPgvector(pool) };
  });
}
