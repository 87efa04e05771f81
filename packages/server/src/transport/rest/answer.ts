// Answers of the REST side: JSON with a `status`, whatever went wrong on the way.
import type { IncomingMessage } from 'node:http';
import { internalError, StatusError, statusInfo } from '@limpid/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pack, WORTH_PACKING } from '../compression.ts';
import { discardRest, hasBody } from './body.ts';

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
  reply.code(http).header('content-type', JSON_TYPE).header('cache-control', 'no-store');
  reply.header('vary', 'Accept-Encoding, Origin');
  if (packs) reply.header('content-encoding', 'gzip');
  if (hasBody(request.raw)) discardRest(request.raw, reply.raw);
  if (!reply.raw.destroyed) reply.send(payload);
  dropUnfetched(reply);
  return payload.length;
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

/** An answer that nobody fetches would stay in memory for as long as the connection. */
export function dropUnfetched({ raw }: FastifyReply): void {
  if (raw.writableFinished || raw.destroyed) return;
  const timer = setTimeout(() => raw.destroy(), UNFETCHED_MS);
  timer.unref();
  raw.once('close', () => clearTimeout(timer));
  raw.once('finish', () => clearTimeout(timer));
}
