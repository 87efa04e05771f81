// Answers of the REST side: JSON with a `status`, whatever went wrong on the way.
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { internalError, StatusError, statusInfo } from '@limpid/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pack, WORTH_PACKING } from '../compression.ts';
import { discardRest, hasBody, waitsToSend } from './body.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends a JSON text, packed for those who take it. Resolves with the number of bytes sent. */
export async function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  http: number,
  json: string,
): Promise<number> {
  const packs = json.length >= WORTH_PACKING && acceptsGzip(request.raw);
  const payload = packs ? await pack(json) : Buffer.from(json);
  if (reply.raw.destroyed) return 0;
  reply.code(http).header('content-type', JSON_TYPE).header('cache-control', 'no-store');
  reply.header('vary', 'Accept-Encoding, Origin');
  if (packs) reply.header('content-encoding', 'gzip');
  if (hasBody(request.raw) && !request.raw.complete) sendBeforeEnd(request.raw, reply, payload);
  else reply.send(payload);
  dropUnfetched(reply);
  return payload.length;
}

/** An answer to a request that is still being sent: it is all said at once, and ends with the request. */
function sendBeforeEnd(request: IncomingMessage, reply: FastifyReply, payload: Buffer): void {
  if (waitsToSend(request, reply.raw)) {
    // Nothing tells where its next request starts.
    if (request.httpVersionMajor === 1) reply.header('connection', 'close');
    reply.send(payload);
    return;
  }
  reply.header('content-length', payload.length);
  const headers = reply.getHeaders();
  reply.hijack();
  reply.raw.writeHead(reply.statusCode, headers as OutgoingHttpHeaders);
  reply.raw.write(payload);
  discardRest(request, () => reply.raw.end());
}

/** The answer where no method answers: an unknown path, a broken request. */
export function sendStatus(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  reqId: string,
): Promise<number> {
  const shown = error instanceof StatusError ? error : internalError(error);
  const { http } = statusInfo(shown.code);
  return sendJson(request, reply, http, statusJson(shown, reqId));
}

export function statusJson({ code, description, details }: StatusError, reqId: string): string {
  const status = { code, description, details: details || description, req_id: reqId };
  return JSON.stringify({ status });
}

function acceptsGzip(request: IncomingMessage): boolean {
  const accepted = request.headers['accept-encoding'];
  if (accepted === undefined) return false;
  // `gzip;q=0` forbids it.
  return [accepted]
    .flat()
    .some((list) => /(^|,)\s*(gzip|\*)\s*(;\s*q=(1|0\.\d*[1-9])\S*)?\s*(,|$)/i.test(list));
}

const UNFETCHED_MS = 120_000;
/** What the system takes over at once needs no watch. */
const UNWATCHED_BYTES = 64 * 1024;

/** An answer that nobody fetches would stay in memory for as long as the connection. Counts from the last byte taken. */
export function dropUnfetched({ raw }: FastifyReply): void {
  const waiting = raw.writableLength + (raw.socket?.writableLength ?? 0);
  if (waiting > UNWATCHED_BYTES) raw.setTimeout(UNFETCHED_MS, () => raw.destroy());
}
