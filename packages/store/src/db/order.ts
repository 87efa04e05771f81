// Order that readers may trust. A transaction that began early may commit late, so neither identity values nor
// clock times tell a reader "everything below this has been seen". Rows of such streams carry
//   xid xid8 NOT NULL DEFAULT pg_current_xact_id()
// and are read in the order (xid, key), only as far as no transaction is still open below.
import { type Expression, type RawBuilder, sql } from 'kysely';

/** Where a reader of such a stream stands: after the last row it has seen. */
export interface StreamPosition {
  readonly xid: bigint;
  readonly key: bigint;
}

export const streamStart: StreamPosition = { xid: 0n, key: 0n };

/** True for rows below which no row can appear any more. */
export function isSettled(xid: Expression<unknown> | string): RawBuilder<boolean> {
  return sql<boolean>`${column(xid)} < pg_snapshot_xmin(pg_current_snapshot())`;
}

/** True for rows that a reader at this position has not seen. To be ordered by the same two columns. */
export function isAfter(
  xid: Expression<unknown> | string,
  key: Expression<unknown> | string,
  position: StreamPosition,
): RawBuilder<boolean> {
  const { xid: lastXid, key: lastKey } = position;
  return sql<boolean>`(${column(xid)}, ${column(key)}) > (${String(lastXid)}::xid8, ${lastKey}::bigint)`;
}

/**
 * Serializes, until the end of the transaction, those that take the same lock: for a dense order within one parent,
 * as of numbers given at commit. Locks of different `space`s don't meet.
 */
export function lockParent(space: string, key: bigint): RawBuilder<unknown> {
  return sql`select pg_advisory_xact_lock(hashtextextended(${space}, ${key}))`;
}

function column(reference: Expression<unknown> | string): Expression<unknown> {
  return typeof reference === 'string' ? sql.ref(reference) : reference;
}
