// What the database's own errors mean to a caller. Everything not listed is a defect and stays as it is.
import { StatusError } from '@limpid/wire/status';

const doesNotExist = 11101;
const badText = 11102;
const statementTimeout = 40011;
const deadlock = 40013;
const noConnection = 40015;
const tooManyClients = 40016;
const resourceExhausted = 98014;

/**
 * `again`: the work had no effect and may be done anew. `gone`: so may it, to see for itself that what it refers to was
 * deleted. `lost`: the connection broke on the way.
 */
export type FailureKind = 'again' | 'gone' | 'lost' | 'refused';

/** An expected failure of the database; the original error is its cause. */
export class DatabaseFailure extends StatusError {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, code: number, details: string, cause: unknown) {
    super(code, { details, cause });
    this.kind = kind;
  }
}

interface Meaning {
  readonly kind: FailureKind;
  readonly code: number;
  readonly details: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  '40001': { kind: 'again', code: deadlock, details: 'concurrent changes got in each other’s way' },
  '40P01': { kind: 'again', code: deadlock, details: 'concurrent changes got in each other’s way' },
  '53100': { kind: 'refused', code: resourceExhausted, details: 'the database disk is full' },
  '53200': { kind: 'refused', code: resourceExhausted, details: 'the database is out of memory' },
  '53300': {
    kind: 'lost',
    code: tooManyClients,
    details: 'the database takes no more connections',
  },
  '57014': { kind: 'refused', code: statementTimeout, details: 'the query took too long' },
  '55P03': { kind: 'refused', code: deadlock, details: 'a row stayed locked for too long' },
  '25P03': { kind: 'lost', code: noConnection, details: 'a transaction stood idle for too long' },
  '22021': { kind: 'refused', code: badText, details: 'a text holds a NUL character' },
  '22P05': {
    kind: 'refused',
    code: badText,
    details: 'a text holds a character that cannot be stored',
  },
};

const lost: Meaning = { kind: 'lost', code: noConnection, details: 'the database is restarting' };
const busy: Meaning = { kind: 'refused', code: noConnection, details: 'all connections are busy' };

/** The work that looks again says better than this what is missing. */
const deletedMeanwhile: Meaning = {
  kind: 'gone',
  code: doesNotExist,
  details: 'something that the request refers to was deleted meanwhile',
};

const brokenSocket = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT']);

/** Turns an error of the driver or the server into what a caller may hear; anything else comes back as it was. */
export function explain(error: unknown, statement = ''): unknown {
  if (!(error instanceof Error) || error instanceof StatusError) return error;
  const meaning = refersToNothing(error, statement) ? deletedMeanwhile : meaningOf(error);
  if (meaning === undefined) return error;
  return new DatabaseFailure(meaning.kind, meaning.code, meaning.details, error);
}

function meaningOf(error: Error): Meaning | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code in meanings) return meanings[code];
  // Class 08 is "connection exception"; 57P01 to 57P05 say that the server ends this session.
  if (/^08|^57P0[1-5]$/.test(code) || brokenSocket.has(code)) return lost;
  if (error.message.startsWith('timeout exceeded when trying to connect')) return busy;
  return saysLost(error.message) ? lost : undefined;
}

/** The server has one code for both ends of a reference; only a deletion breaks the other one. */
function refersToNothing(error: Error, statement: string): boolean {
  const isBroken = 'code' in error && error.code === '23503';
  return isBroken && /^(insert|update|with)\b/i.test(statement.trimStart());
}

/** The driver has only words for these. */
function saysLost(message: string): boolean {
  return message.startsWith('Connection terminated') || neverSent(message);
}

/** True where the driver refused to send the query at all. */
export function neverSent(message: string): boolean {
  return message.endsWith('is not queryable');
}

/** True for a broken unique constraint, or for the named one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return false;
  return constraint === undefined || ('constraint' in error && error.constraint === constraint);
}

/** True where a row was to go that others refer to. */
export function isStillReferenced(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === '23503' || error.code === '23001')
  );
}
