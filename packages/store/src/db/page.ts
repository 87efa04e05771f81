import { type RawBuilder, sql } from 'kysely';

/** A stretch of a list, as `domain` computes it from `page` and `per_page`. */
export interface Window {
  readonly offset: number;
  readonly limit: number;
}

export interface OrderTerm {
  /** A column of the query, with its table's alias where it needs one. */
  readonly column: string;
  readonly direction?: 'asc' | 'desc';
  /** Where rows without a value go; as the database has it by default (last when ascending). */
  readonly nulls?: 'first' | 'last';
}

/** The part of a select query that paging needs. */
interface Pageable<Q> {
  orderBy(expression: RawBuilder<unknown>): Q;
  limit(count: number): Q;
  offset(count: number): Q;
}

/**
 * Orders a query totally and cuts out the window. The last term must be the internal key: without it, rows that
 * are equal so far could change places between two pages.
 */
export function applyPage<Q extends Pageable<Q>>(
  query: Q,
  window: Window,
  order: readonly OrderTerm[],
  key: OrderTerm | string,
): Q {
  const last = typeof key === 'string' ? { column: key } : key;
  return [...order, last]
    .reduce((ordered, term) => ordered.orderBy(orderTerm(term)), query)
    .limit(window.limit)
    .offset(window.offset);
}

/** A stretch of a stream, as `domain` computes it; `operator` compares with the last row that was seen. */
export interface KeysetWindow {
  readonly direction: 'asc' | 'desc';
  readonly operator: '>' | '<';
  readonly limit: number;
}

interface Streamable<Q> extends Pageable<Q> {
  where(condition: RawBuilder<boolean>): Q;
}

/**
 * Continues after the row whose values of `columns` are `after` (undefined: from the start). The last column must
 * be the internal key, and none may be null.
 */
export function applyKeyset<Q extends Streamable<Q>>(
  query: Q,
  window: KeysetWindow,
  columns: readonly string[],
  after: readonly unknown[] | undefined,
): Q {
  const { direction, operator } = window;
  const left = sql.join(columns.map((column) => sql.ref(column)));
  const beyond =
    after === undefined
      ? query
      : query.where(sql<boolean>`(${left}) ${sql.raw(operator)} (${sql.join([...after])})`);
  return columns
    .reduce((ordered, column) => ordered.orderBy(orderTerm({ column, direction })), beyond)
    .limit(window.limit);
}

function orderTerm(term: OrderTerm): RawBuilder<unknown> {
  const direction = sql.raw(term.direction ?? 'asc');
  const nulls = term.nulls === undefined ? sql`` : sql.raw(` nulls ${term.nulls}`);
  return sql`${sql.ref(term.column)} ${direction}${nulls}`;
}
