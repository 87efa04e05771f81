import { type Audience, statusTable } from './status-table.ts';

export type { Audience } from './status-table.ts';

export interface StatusInfo {
  readonly code: number;
  readonly name: string;
  readonly description: string;
  readonly http: number;
  readonly audience: Audience;
}

const infos: ReadonlyMap<number, StatusInfo> = new Map(
  statusTable.map(([code, name, audience, http, description]) => [
    code,
    { code, name, description, http, audience },
  ]),
);

/** Facts about a status number. A number nobody knows (a runner may send any) reads as a bug. */
export function statusInfo(code: number): StatusInfo {
  return (
    infos.get(code) ?? {
      code,
      name: `STATUS_${code}`,
      description: 'Unknown status',
      http: 500,
      audience: 'bug',
    }
  );
}

export interface StatusErrorOptions {
  /** Replaces the table's text; clients match texts, so only where another one is documented. */
  readonly description?: string;
  /** What exactly went wrong, shown to the caller. */
  readonly details?: string;
  /** Kept for the log, never sent. */
  readonly cause?: unknown;
}

/** Every expected failure. The pipeline turns it into the `status` of the answer. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly description: string;
  readonly details: string;

  constructor(code: number, opts: StatusErrorOptions = {}) {
    const description = opts.description ?? statusInfo(code).description;
    super(
      opts.details ? `${code} ${description}: ${opts.details}` : `${code} ${description}`,
      opts.cause === undefined ? undefined : { cause: opts.cause },
    );
    this.code = code;
    this.description = description;
    this.details = opts.details ?? '';
  }
}

// --- credentials and limits ---

/** A key that is wrong, deleted, expired or for another app. */
export function invalidKey(): StatusError {
  return new StatusError(11008);
}

/** No credential at all, or a header that holds none. */
export function missingCredentials(details = 'no credentials were sent'): StatusError {
  return new StatusError(11102, { details });
}

/** The key is good but may not do this; the caller is told which permissions to add. */
export function insufficientScopes(missing: readonly string[]): StatusError {
  return new StatusError(11007, { details: `missing scopes or endpoints: ${missing.join(', ')}` });
}

export function throttled(limitPerSecond: number): StatusError {
  return new StatusError(11005, {
    details: `exceeded limit of ${limitPerSecond} requests per second`,
  });
}

/** A public resource inside a private profile; clients look for this sentence. */
export function profileNotPublic(): StatusError {
  return new StatusError(11102, { details: 'user profile has to be set public' });
}

// --- requests ---

/** Bytes that are not what the header promised: broken JSON, broken multipart. */
export function badRequestFormat(details: string, cause?: unknown): StatusError {
  return new StatusError(11100, { details, cause });
}

export function invalidRequest(details: string): StatusError {
  return new StatusError(11102, { details });
}

const argumentCodes = {
  annotation: 24155,
  artifact: 26401,
  'compute cluster': 25801,
  concept: 40003,
  deployment: 25901,
  evaluation: 43104,
  input: 30104,
  model: 21202,
  module: 25302,
  nodepool: 25701,
  patch: 24900,
  pipeline: 26301,
  'pipeline step': 26201,
  prediction: 40001,
  runner: 25602,
  search: 40002,
  workflow: 22104,
} as const;

export type ArgumentNoun = keyof typeof argumentCodes;

/** One value in a request is wrong. Without a noun the general code for a bad request is used. */
export function invalidArgument(details: string, noun?: ArgumentNoun): StatusError {
  return new StatusError(noun === undefined ? 11102 : argumentCodes[noun], { details });
}

const permissionCodes = {
  annotation: 24156,
  input: 30103,
  model: 21201,
  module: 25301,
  runner: 25601,
  task: 54103,
  workflow: 22103,
} as const;

/** The caller may see the thing but not do this with it; unseen things are `notFound`. */
export function permissionDenied(noun: keyof typeof permissionCodes, details: string): StatusError {
  return new StatusError(permissionCodes[noun], { details });
}

export function methodNotAllowed(allowed: readonly string[]): StatusError {
  return new StatusError(11103, { details: `allowed methods: ${allowed.join(', ')}` });
}

export function notImplemented(what: string): StatusError {
  return new StatusError(10040, { details: `${what} is not implemented` });
}

export function messageTooLarge(limitBytes: number): StatusError {
  return new StatusError(40033, { details: `the limit is ${limitBytes} bytes` });
}

// --- resources ---

/** Anything but a model that is not there, or that this caller may not know of. */
export function notFound(details?: string): StatusError {
  return new StatusError(11101, details === undefined ? {} : { details });
}

/** Documented to repeat its description in the details. */
export function modelNotFound(): StatusError {
  return new StatusError(21200, { details: 'Model does not exist' });
}

export function duplicateId(details: string): StatusError {
  return new StatusError(40010, { details });
}

/** The usual duplicate: clients search the answer for "already exists". */
export function alreadyExists(noun: string, id: string): StatusError {
  return duplicateId(`${noun} with ID '${id}' already exists`);
}

/** Per-input status of a repeated input id; the Python client compares the whole sentence. */
export function duplicateInputId(): StatusError {
  return new StatusError(30100, { details: 'Input has a duplicate ID.' });
}

export function duplicateInputUrl(): StatusError {
  return new StatusError(30100, { details: 'Input has a duplicate URL.' });
}

export function duplicateConcepts(ids: readonly string[]): StatusError {
  return new StatusError(40003, { details: `duplicate concept IDs: ${ids.join(', ')}` });
}

// --- media and models ---

export function unsupportedInputFormat(details?: string): StatusError {
  return new StatusError(30101, details === undefined ? {} : { details });
}

export function downloadFailed(details: string, cause?: unknown): StatusError {
  return new StatusError(30002, { details, cause });
}

/** Nobody serves the model yet and somebody will: clients retry for ten minutes. */
export function modelDeploying(): StatusError {
  return new StatusError(21351);
}

/** The model's queue is full: clients retry for ten minutes. */
export function modelBusy(): StatusError {
  return new StatusError(21354);
}

/** The model's own code raised; its message is the caller's to read. */
export function userCodeFailed(details: string): StatusError {
  return new StatusError(10020, { details });
}

// --- ours ---

/** Asks the caller to come back; nothing may have been written. */
export function unavailable(details?: string): StatusError {
  return new StatusError(40031, details === undefined ? {} : { details });
}

export function requestTimeout(): StatusError {
  return new StatusError(40032);
}

export function requestCanceled(): StatusError {
  return new StatusError(40035);
}

/** Disk, memory or another resource of the platform is used up. */
export function resourceExhausted(details: string): StatusError {
  return new StatusError(98014, { details });
}

/** What an exception nobody expected looks like from outside: its own message stays in the log. */
export function internalError(cause: unknown): StatusError {
  return new StatusError(99009, { cause });
}
