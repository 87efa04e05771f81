import type pg from 'pg';
import { assertDimensions, VectorInputError } from '../vectors.ts';

export const SCHEMA = 'limpid_vectors';

/** An HNSW index on `halfvec` ends here. */
const MOST_DIMENSIONS = 4_000;
const UNDEFINED_TABLE = '42P01';

/** The tables, one a space. Their sizes are remembered; a table that another node has dropped is noticed in use. */
export class SpaceTables {
  readonly #pool: pg.Pool;
  readonly #dimensions = new Map<string, number>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Iterative scans came with 0.8: without them a filter leaves an index scan with too few rows. */
  async prepare(): Promise<void> {
    await this.#pool.query('CREATE EXTENSION IF NOT EXISTS vector');
    const { rows } = await this.#pool.query(
      "SELECT extversion AS version FROM pg_extension WHERE extname = 'vector'",
    );
    const version = String(rows[0]?.version);
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major === 0 && minor < 8) {
      throw new Error(`pgvector ${version} is too old: 0.8 or newer is needed.`);
    }
    await this.#pool.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
  }

  async dimensions(space: string): Promise<number | undefined> {
    const known = this.#dimensions.get(space);
    if (known !== undefined) return known;
    const { rows } = await this.#pool.query(
      `SELECT atttypmod AS dimensions FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attname = 'embedding'`,
      [tableOf(space)],
    );
    const found = rows[0]?.dimensions as number | undefined;
    if (found !== undefined) this.#dimensions.set(space, found);
    return found;
  }

  async ensure(space: string, dimensions: number): Promise<void> {
    const present = await this.dimensions(space);
    if (present !== undefined) return assertDimensions(present, dimensions);
    if (dimensions > MOST_DIMENSIONS) {
      throw new VectorInputError(`pgvector indexes up to ${MOST_DIMENSIONS} dimensions.`);
    }
    await this.#create(space, dimensions);
    assertDimensions((await this.dimensions(space)) ?? dimensions, dimensions);
  }

  /** Runs a query on a space's table; answers `absent` where there is no such table. */
  async run<T>(space: string, query: () => Promise<T>, absent: T): Promise<T> {
    try {
      return (await this.dimensions(space)) === undefined ? absent : await query();
    } catch (error) {
      if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
      this.#dimensions.delete(space);
      return absent;
    }
  }

  async spaces(): Promise<string[]> {
    const { rows } = await this.#pool.query(
      'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY tablename COLLATE "C"',
      [SCHEMA],
    );
    return rows.map(({ name }) => String(name));
  }

  async drop(space: string): Promise<void> {
    this.#dimensions.delete(space);
    await this.#pool.query(`DROP TABLE IF EXISTS ${tableOf(space)}`);
  }

  /** Half precision halves the index; the answer is ranked by the full vectors. */
  async #create(space: string, dimensions: number): Promise<void> {
    const table = tableOf(space);
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      // IF NOT EXISTS is no help against another node that creates the same table at the same moment.
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [table]);
      await client.query(`CREATE TABLE IF NOT EXISTS ${table} (
        key bigint PRIMARY KEY,
        app bigint NOT NULL,
        input bigint NOT NULL,
        kind smallint NOT NULL,
        embedding vector(${dimensions}) NOT NULL)`);
      await client.query(`CREATE INDEX IF NOT EXISTS "${space}_app" ON ${table} (app, input)`);
      await client.query(`CREATE INDEX IF NOT EXISTS "${space}_near" ON ${table}
        USING hnsw ((embedding::halfvec(${dimensions})) halfvec_cosine_ops)`);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

/** The name of a space needs no escaping: see `assertSpaceName`. */
export function tableOf(space: string): string {
  return `${SCHEMA}."${space}"`;
}
