/**
 * The index in PostgreSQL, by the pgvector extension: for installations where several nodes share one database.
 * Slower than the index in files, and one less thing to keep: nodes need no disk of their own.
 */
import type pg from 'pg';
import {
  assertDimensions,
  assertDocs,
  assertKeys,
  assertQuery,
  assertSpaceName,
  type VectorDoc,
  type VectorHit,
  type VectorQuery,
  type VectorStats,
  type Vectors,
} from '../vectors.ts';
import { exactSearch, indexSearch, type Statement, vectorText } from './search-sql.ts';
import { SpaceTables, tableOf } from './tables.ts';

/** Up to this many candidates are compared one by one: complete, and faster than a walk that mostly fails. */
const EXACT_UP_TO = 10_000;
const BATCH = 256;

/** The pool stays the caller's to end. */
export async function openPgvector(pool: pg.Pool): Promise<Vectors> {
  const tables = new SpaceTables(pool);
  await tables.prepare();
  return new PgVectors(pool, tables);
}

class PgVectors implements Vectors {
  readonly #pool: pg.Pool;
  readonly #tables: SpaceTables;

  constructor(pool: pg.Pool, tables: SpaceTables) {
    this.#pool = pool;
    this.#tables = tables;
  }

  async upsert(space: string, docs: readonly VectorDoc[]): Promise<void> {
    assertSpaceName(space);
    assertDocs(docs);
    if (!docs[0]) return;
    await this.#tables.ensure(space, docs[0].vector.length);
    // One statement can't change a row twice: the last document of a key counts.
    const last = [...new Map(docs.map((doc) => [doc.key, doc])).values()];
    for (let at = 0; at < last.length; at += BATCH) {
      await this.#put(space, last.slice(at, at + BATCH));
    }
  }

  /** Its rows are in a database of their own, or at least in tables of their own. */
  async takeWaiting(): Promise<undefined> {
    return undefined;
  }

  async remove(space: string, keys: readonly bigint[]): Promise<void> {
    assertSpaceName(space);
    assertKeys(keys);
    const text = `DELETE FROM ${tableOf(space)} WHERE key = ANY($1::bigint[])`;
    await this.#onTable(space, text, [keys.map(String)]);
  }

  async removeApp(space: string, app: bigint): Promise<void> {
    assertSpaceName(space);
    assertKeys([app]);
    await this.#onTable(space, `DELETE FROM ${tableOf(space)} WHERE app = $1`, [String(app)]);
  }

  async query(space: string, query: VectorQuery): Promise<VectorHit[]> {
    assertSpaceName(space);
    assertQuery(query);
    return this.#tables.run(space, () => this.#search(space, query), []);
  }

  /** The index is part of every write; what helps it is that the planner knows the table. */
  async optimize(space: string): Promise<void> {
    assertSpaceName(space);
    await this.#onTable(space, `ANALYZE ${tableOf(space)}`, []);
  }

  async stats(space: string): Promise<VectorStats> {
    assertSpaceName(space);
    const dimensions = (await this.#tables.dimensions(space)) ?? 0;
    const [row] = await this.#onTable(space, `SELECT count(*) AS docs FROM ${tableOf(space)}`, []);
    const docs = Number(row?.docs ?? 0);
    return { docs, indexed: docs, unindexed: 0, building: false, dimensions, memory: 0 };
  }

  spaces(): Promise<string[]> {
    return this.#tables.spaces();
  }

  async drop(space: string): Promise<void> {
    assertSpaceName(space);
    await this.#tables.drop(space);
  }

  async close(): Promise<void> {}

  async #put(space: string, docs: readonly VectorDoc[]): Promise<void> {
    await this.#pool.query(
      `INSERT INTO ${tableOf(space)} (key, app, input, kind, embedding)
       SELECT d.key, d.app, d.input, d.kind, d.embedding::vector
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[])
           AS d (key, app, input, kind, embedding)
       ON CONFLICT (key) DO UPDATE SET app = excluded.app, input = excluded.input,
         kind = excluded.kind, embedding = excluded.embedding`,
      [
        docs.map((doc) => String(doc.key)),
        docs.map((doc) => String(doc.app)),
        docs.map((doc) => String(doc.input)),
        docs.map((doc) => doc.kind ?? 0),
        docs.map((doc) => vectorText(doc.vector)),
      ],
    );
  }

  async #search(space: string, query: VectorQuery): Promise<VectorHit[]> {
    const dimensions = (await this.#tables.dimensions(space)) ?? query.vector.length;
    assertDimensions(dimensions, query.vector.length);
    const found = (await this.#isLarge(space, query))
      ? await this.#searchIndex(space, query, dimensions)
      : undefined;
    return found ?? hitsOf((await this.#run(this.#pool, exactSearch(space, query))).rows);
  }

  /** The index orders by angle, and a zero vector has none. */
  async #isLarge(space: string, { app, metric, filter, vector }: VectorQuery): Promise<boolean> {
    if ((metric ?? 'cosine') !== 'cosine' || vector.every((value) => value === 0)) return false;
    if (filter?.only && filter.only.values.length <= EXACT_UP_TO) return false;
    const { rows } = await this.#pool.query(
      `SELECT 1 FROM ${tableOf(space)} WHERE app = $1 OFFSET ${EXACT_UP_TO} LIMIT 1`,
      [String(app)],
    );
    return rows.length > 0;
  }

  /** Nothing where the walk ended with too few: the caller then compares with every document. */
  async #searchIndex(space: string, query: VectorQuery, dimensions: number) {
    const fetch = query.k * (query.distinct ? 4 : 1) + 20;
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN READ ONLY');
      await client.query("SET LOCAL hnsw.iterative_scan = 'strict_order'");
      await client.query(`SET LOCAL hnsw.ef_search = ${Math.min(1_000, Math.max(200, 2 * fetch))}`);
      const { rows } = await this.#run(client, indexSearch(space, query, dimensions, fetch));
      await client.query('COMMIT');
      const hits = query.distinct ? firstOfInputs(hitsOf(rows)) : hitsOf(rows);
      return hits.length < query.k ? undefined : hits.slice(0, query.k);
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }

  #run(client: Pick<pg.PoolClient, 'query'>, { text, values }: Statement) {
    return client.query(text, [...values]);
  }

  async #onTable(space: string, text: string, values: unknown[]) {
    const none: Record<string, unknown>[] = [];
    return this.#tables.run(space, async () => (await this.#pool.query(text, values)).rows, none);
  }
}

function hitsOf(rows: readonly Record<string, unknown>[]): VectorHit[] {
  return rows.map(({ key, input, score }) => ({
    key: BigInt(String(key)),
    input: BigInt(String(input)),
    score: Number(score),
  }));
}

function firstOfInputs(hits: readonly VectorHit[]): VectorHit[] {
  const seen = new Set<bigint>();
  return hits.filter(({ input }) => !seen.has(input) && seen.add(input));
}
