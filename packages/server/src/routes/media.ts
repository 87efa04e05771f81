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
import { notFound } from '@limpid/wire';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { createRenditions, type Renditions } from '../flows/media/renditions.ts';
import { type Content, headersOf, refuse, sendContent } from './content.ts';
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

async function serve(
  deps: Deps,
  renditions: Renditions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [path = '', search = ''] = request.url.split('?', 2);
  const address = parseMediaPath(path);
  if (!address) throw notFound();
  const header = headersOf(request);
  const scope = await openMediaScope(deps, { address, query: new URLSearchParams(search), header });
  const content = await findContent(deps, renditions, scope, address, signalOf(request));
  return await sendContent(request, reply, content);
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
    name: address.inputId,
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
    name: row.id,
    read: async (range) =>
      Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes]),
  };
}
