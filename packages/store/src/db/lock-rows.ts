import { type RawBuilder, sql } from 'kysely';
import type { Tx } from './db.ts';
import type { Tables } from './tables.ts';

/**
 * Holds rows as they are until the transaction ends; what is read after it in the same transaction is up to date.
 * Others may still refer to them: their keys do not change.
 */
export async function lockRows(
  tx: Tx,
  table: keyof Tables,
  where: RawBuilder<unknown>,
): Promise<void> {
  // One order for all, so that two patches wait for each other instead of deadlocking.
  await sql`select key from ${sql.table(table)} where ${where} order by key for no key update`.execute(
    tx,
  );
}
