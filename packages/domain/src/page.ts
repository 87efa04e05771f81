import { type ArgumentNoun, invalidArgument, type StatusError } from '@limpid/wire/status';

/** What one list allows. Lists with other documented defaults spread over one of the constants below. */
export interface PageRules {
  readonly perPage: number;
  readonly maxPerPage: number;
  /** Most rows that page × per_page may reach; beyond it lists are read by keyset. */
  readonly ceiling: number;
  readonly noun?: ArgumentNoun;
}

// Clients walk whole lists page by page, so the ceiling of lists stands at the size an app is planned for.
export const listPages: PageRules = { perPage: 128, maxPerPage: 1000, ceiling: 1_000_000 };

// A search ranks page × per_page hits before it can cut its page out.
export const searchPages: PageRules = { ...listPages, ceiling: 10_000, noun: 'search' };

/** `Stream*` calls have no pages, only a size and the last id seen. */
export const streamPages: PageRules = { ...listPages, perPage: 20 };

export interface Page {
  /** From 1. */
  readonly page: number;
  readonly limit: number;
  readonly offset: number;
}

function refuse(rules: PageRules, details: string): StatusError {
  return invalidArgument(details, rules.noun);
}

// Zero is how an unset number arrives.
function countOr(fallback: number, value: number, name: string, rules: PageRules): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw refuse(rules, `${name} must be a whole number that is not negative`);
  }
  return value === 0 ? fallback : value;
}

function sizeOf(perPage: number, rules: PageRules): number {
  const size = countOr(rules.perPage, perPage, 'per_page', rules);
  if (size > rules.maxPerPage) throw refuse(rules, `per_page cannot exceed ${rules.maxPerPage}`);
  return size;
}

/**
 * The rows a page/per_page request asks for. Nothing is clamped: clients stop at a page shorter than they
 * asked for, so a silently smaller page would end their listing early.
 */
export function pageOf(
  request: { readonly page?: number; readonly perPage?: number } | undefined,
  rules: PageRules = listPages,
): Page {
  const page = countOr(1, request?.page ?? 0, 'page', rules);
  const limit = sizeOf(request?.perPage ?? 0, rules);
  if (page * limit > rules.ceiling) {
    throw refuse(rules, `page * perPage cannot exceed ${rules.ceiling}`);
  }
  return { page, limit, offset: (page - 1) * limit };
}

export interface Keyset {
  /** Client id of the last row the caller has; that row itself is not repeated. */
  readonly after: string | undefined;
  readonly direction: 'asc' | 'desc';
  /** Compares the whole ordering tuple of a row with that of `after`. */
  readonly operator: '>' | '<';
  readonly limit: number;
}

/** The rows a `Stream*` request asks for: `limit` of them beyond `after`, in a total order. */
export function keysetOf(
  request: { readonly lastId?: string; readonly perPage?: number; readonly descending?: boolean },
  rules: PageRules = streamPages,
): Keyset {
  const descending = request.descending ?? false;
  return {
    after: request.lastId || undefined,
    direction: descending ? 'desc' : 'asc',
    operator: descending ? '<' : '>',
    limit: sizeOf(request.perPage ?? 0, rules),
  };
}

/** The keyset that continues after a batch, or undefined when a short batch says there is no more. */
export function nextKeyset<Row>(
  keyset: Keyset,
  rows: readonly Row[],
  idOf: (row: Row) => string,
): Keyset | undefined {
  const last = rows.at(-1);
  if (last === undefined || rows.length < keyset.limit) return undefined;
  return { ...keyset, after: idOf(last) };
}
