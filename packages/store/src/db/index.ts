export { type Db, type DbOptions, openDb, type Tx } from './db.ts';
export { type DocOptions, type FieldName, readDoc, writeDoc } from './doc.ts';
export { DatabaseFailure, isStillReferenced, isUniqueViolation } from './failures.ts';
export { type BackupReason, type Migrated, type MigrateOptions, migrate } from './migrate.ts';
export { isAfter, isSettled, lockParent, type StreamPosition, streamStart } from './order.ts';
export { applyKeyset, applyPage, type KeysetWindow, type OrderTerm, type Window } from './page.ts';
export type { Schema } from './schema.ts';
export { type TransactionOptions, transaction } from './transaction.ts';
