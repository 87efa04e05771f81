// Hosted media: `/media/{size}/users/{user}/apps/{app}/inputs/{kind}/{input id}`. URLs are stable and say nothing of who
// may fetch; the credential does.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { AppScope } from '@limpid/domain/access/authority';
import type { MediaEntry } from '@limpid/domain/input/media';
import {
  imageSizes,
  type MediaAddress,
  mediaPrefix,
  parseMediaPath,
  stillSizes,
} from '@limpid/domain/input/media-path';
import { plainText } from '@limpid/domain/input/read-input';
import { getInputs, type InputRow, inputStatus } from '@limpid/store/db/inputs';
import {
  internalError,
  newRequestId,
  notFound,
  StatusCode,
  StatusError,
  statusInfo,
} from '@limpid/wire';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { createRenditions, type Renditions } from '../flows/media/renditions.ts';
import { readRange } from './byte-range.ts';
import { openMediaScope } from './media-access.ts';

export function registerMediaRoutes(app: FastifyInstance, deps: Deps): void {
  const renditions = createRenditions(deps);
  app.route({
    method: ['GET', 'HEAD'],
    url: `${mediaPrefix}/*`,
    handler: async (request, reply) => {
      try {
        return await serve(deps, renditions, request, reply);
      } catch (error) {
        return refuse(deps, reply, error);
      }
    },
  });
}

/** Bytes to serve, wherever they are kept. */
interface Content {
  readonly type: string;
  readonly size: number;
  readonly etag: string;
  /** May a browser show it where it stands? */
  readonly inline: boolean;
  read(range: { start: number; end: number } | undefined): Promise<Readable>;
}

async function serve(
  deps: Deps,
  renditions: Renditions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [path = '', search = ''] = request.url.split('?', 2);
  const address = parseMediaPath(path);
  if (!address) throw notFound();
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const scope = await openMediaScope(deps, { address, query: new URLSearchParams(search), header });
  const content = await findContent(deps, renditions, scope, address, signalOf(request));
  setHeaders(reply, content, address);
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

function signalOf(request: FastifyRequest): AbortSignal {
  const gone = new AbortController();
  request.raw.once('close', () => {
    if (request.raw.destroyed && !request.raw.complete) gone.abort();
  });
  return gone.signal;
}

async function findContent(
  deps: Deps,
  renditions: Renditions,
  scope: AppScope,
  address: MediaAddress,
  signal: AbortSignal,
): Promise<Content> {
  const [row] = await getInputs(deps.db, scope, [address.inputId]);
  if (!row) throw notFound();
  const entry = row.media?.find(({ kind }) => kind === address.kind);
  if (!entry) return inlineText(row, address);
  const isDone = row.status_code === inputStatus.done;
  if (!isOffered(entry, address, isDone)) throw notFound();
  const key = await renditions.blobOf(entry, address.size, signal);
  const info = await deps.blobs.head(key);
  if (!info) throw notFound();
  return {
    type: info.contentType,
    size: info.size,
    etag: info.etag,
    // Until somebody has looked into them, bytes are only what their sender says.
    inline: isDone && entry.kind !== 'text',
    read: async (range) => {
      const blob = await deps.blobs.get(key, range ? { range } : {});
      if (!blob) throw notFound();
      return blob.stream;
    },
  };
}

function isOffered({ kind }: MediaEntry, { size }: MediaAddress, isDone: boolean): boolean {
  if (size === 'orig') return true;
  if (!isDone) return false;
  return (
    (kind === 'image' && imageSizes.includes(size)) ||
    (kind === 'video' && stillSizes.includes(size))
  );
}

/** A short text stands in its row. */
function inlineText(row: InputRow, { kind, size }: MediaAddress): Content {
  const { text } = row.body as { text?: { raw?: string } };
  if (kind !== 'text' || size !== 'orig' || !text?.raw) throw notFound();
  const bytes = Buffer.from(text.raw);
  return {
    type: plainText,
    size: bytes.length,
    etag: `"${createHash('sha256').update(bytes).digest('hex')}"`,
    inline: false,
    read: async (range) =>
      Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes]),
  };
}

function setHeaders(
  reply: FastifyReply,
  { type, etag, inline }: Content,
  { inputId }: MediaAddress,
): void {
  const name = encodeURIComponent(inputId).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  reply.headers({
    'content-type': type,
    etag,
    'accept-ranges': 'bytes',
    // Ids may be used again, so a cache asks; it costs it no bytes.
    'cache-control': 'private, no-cache',
    'content-disposition': `${inline ? 'inline' : 'attachment'}; filename*=UTF-8''${name}`,
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-site',
    vary: 'Origin, Authorization, Cookie, X-Clarifai-Session-Token',
  });
  // Pages of an allowed origin load media with cookies.
  if (reply.hasHeader('access-control-allow-origin')) {
    reply.header('access-control-allow-credentials', 'true');
  }
}

function refuse(deps: Deps, reply: FastifyReply, error: unknown): FastifyReply {
  const shown = error instanceof StatusError ? error : internalError(error);
  if (shown !== error) deps.log.error({ err: error }, 'a medium could not be served');
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
