import type { ColumnType } from 'kysely';
import type { Tables } from './tables.ts';

/** One row for each migration that was applied; written by the machinery alone. */
export interface MigrationsTable {
  number: number;
  name: string;
  sha256: string;
  applied_at: ColumnType<Date, Date | undefined, never>;
}

/** Every table by name. Row types of the migrations stand in `tables.ts`, those of the machinery here. */
export interface Schema extends Tables {
  limpid_migrations: MigrationsTable;
}
