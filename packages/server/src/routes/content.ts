// Bytes over plain HTTP: ranges, conditions and refusals, the same for everything that is served.
import type { Readable } from 'node:stream';
import { internalError, newRequestId, StatusCode, StatusError, statusInfo } from '@limpid/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { readRange } from './byte-range.ts';

/** Bytes to serve, wherever they are kept. */
export interface Content {
  readonly type: string;
  readonly size: number;
  readonly etag: string;
  /** May a browser show it where it stands? */
  readonly inline: boolean;
  /** What it is saved as. */
  readonly name: string;
  read(range: { start: number; end: number } | undefined): Promise<Readable>;
}

export type Header = (name: string) => string | undefined;

export function headersOf(request: FastifyRequest): Header {
  return (name) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
}

export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  content: Content,
): Promise<FastifyReply> {
  const header = headersOf(request);
  setHeaders(reply, content);
  if (
    header('if-none-match')
      ?.split(/,\s*/)
      .some((tag) => tag.replace(/^W\//, '') === content.etag)
  ) {
    return reply.code(304).send();
  }
  // A range of another content than the client has would not fit to what it has.
  const ifRange = header('if-range');
  const asked =
    ifRange && ifRange !== content.etag ? undefined : readRange(header('range'), content.size);
  if (asked === 'unsatisfiable') {
    return reply.code(416).header('content-range', `bytes */${content.size}`).send();
  }
  if (asked) {
    reply.code(206).header('content-range', `bytes ${asked.start}-${asked.end}/${content.size}`);
  }
  reply.header('content-length', asked ? asked.end - asked.start + 1 : content.size);
  if (request.method === 'HEAD') return reply.send();
  return reply.send(await content.read(asked));
}

function setHeaders(reply: FastifyReply, { type, etag, inline, name }: Content): void {
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  reply.headers({
    'content-type': type,
    etag,
    'accept-ranges': 'bytes',
    // Ids may be used again, so a cache asks; it costs it no bytes.
    'cache-control': 'private, no-cache',
    'content-disposition': `${inline ? 'inline' : 'attachment'}; filename*=UTF-8''${encoded}`,
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-site',
    vary: 'Origin, Authorization, Cookie, X-Clarifai-Session-Token',
  });
  // Pages of an allowed origin load media with cookies.
  if (reply.hasHeader('access-control-allow-origin')) {
    reply.header('access-control-allow-credentials', 'true');
  }
}

export function refuse(deps: Deps, reply: FastifyReply, error: unknown): FastifyReply {
  const shown = error instanceof StatusError ? error : internalError(error);
  if (shown !== error) deps.log.error({ err: error }, 'something could not be served');
  const { code, description, details } = shown;
  const status = {
    code,
    description,
    details: details || description,
    req_id: newRequestId(deps.random),
  };
  const http = code === StatusCode.CONN_KEY_INVALID ? 401 : statusInfo(code).http;
  return reply
    .code(http)
    .type('application/json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify({ status }));
}
