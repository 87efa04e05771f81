// A request body, read only once its sender is known, and never beyond what the sender may bring.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequestFormat, messageTooLarge } from '@limpid/wire';
import { type Allowance, JSON_WEIGHT } from '../allowance.ts';
import type { Encoding } from '../compression.ts';
import type { Lease } from '../limits.ts';
import type { ProgressRule } from '../progress.ts';
import { receiveKnown, receivePacked, receiveUnknown } from './receive.ts';

export interface Body {
  readonly bytes: Buffer;
  /** As sent, before unpacking. */
  readonly received: number;
}

export interface BodyOptions {
  readonly allowance: Allowance;
  readonly progress: ProgressRule;
  /** Takes the lease as soon as there is one, so that it is released whatever happens. */
  readonly keep: (lease: Lease) => void;
}

/** What is set aside for a body that doesn't say how long it is; it grows with what arrives. */
const UNSAID = 64 * 1024;

const continued = new WeakSet<ServerResponse>();

export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { allowance, progress, keep }: BodyOptions,
): Promise<Body> {
  if (!hasBody(request)) return { bytes: Buffer.alloc(0), received: 0 };
  const { maxBytes } = allowance;
  const encoding = encodingOf(request);
  const declared = declaredLength(request);
  if (declared !== undefined && declared > maxBytes) throw messageTooLarge(maxBytes);
  const lease = await allowance.reserve((declared ?? UNSAID) * JSON_WEIGHT);
  keep(lease);
  if (request.headers.expect !== undefined) {
    continued.add(response);
    response.writeContinue();
  }
  const options = { progress, maxBytes };
  const weighed = { ...lease, grow: (bytes: number) => lease.grow(bytes * JSON_WEIGHT) };
  if (encoding) return receivePacked(request, options, encoding, { maxBytes, lease: weighed });
  const bytes =
    declared === undefined
      ? await receiveUnknown(request, options, weighed.grow)
      : await receiveKnown(request, options, declared);
  return { bytes, received: bytes.length };
}

export function hasBody({ headers, complete }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  if (length !== undefined) return length !== '0';
  // HTTP/2 needs neither header: there, a request without a body is complete with its headers.
  return headers[':path'] !== undefined && !complete;
}

function declaredLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined || headers['transfer-encoding'] !== undefined
    ? undefined
    : Number(length);
}

const encodings: Readonly<Record<string, Encoding | undefined>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
};

function encodingOf({ headers }: IncomingMessage): Encoding | undefined {
  const name = headers['content-encoding']?.trim().toLowerCase();
  if (name === undefined || name === '' || name === 'identity') return undefined;
  const encoding = encodings[name];
  if (!encoding)
    throw badRequestFormat(`Content-Encoding ${name} is not supported; use gzip, deflate or br`);
  return encoding;
}

/** How long a sender may go on with what nobody will read. */
const DISCARD_MS = 30_000;

/**
 * Drops what is left of a body that was answered unread, then calls `done`. Closing at once would reset the connection
 * under a client that still sends, and many read the answer only after they have sent all.
 */
export function discardRest(request: IncomingMessage, done: () => void): void {
  const timer = setTimeout(() => request.destroy(), DISCARD_MS);
  timer.unref();
  const finish = (): void => {
    clearTimeout(timer);
    request.off('end', finish).off('close', finish);
    done();
  };
  request.on('end', finish).on('close', finish);
  request.resume();
}

/** A client that waits for our word before it sends will not send when it gets an answer instead. */
export function waitsToSend(request: IncomingMessage, response: ServerResponse): boolean {
  return (
    request.headers.expect !== undefined && !response.writableEnded && !continued.has(response)
  );
}
