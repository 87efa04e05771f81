// REST on fastify: the bindings of the contract behind one wildcard, and whatever else is registered beside it.
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import {
  badRequestFormat,
  createRestRouter,
  messageTooLarge,
  newRequestId,
  notFound,
  type RandomBytes,
  StatusError,
  unavailable,
} from '@limpid/wire';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Logger } from '../logger.ts';
import { sendStatus, statusJson } from './rest/answer.ts';
import { type CorsOptions, guardBrowsers } from './rest/guard.ts';
import { type RestServeOptions, serveRest } from './rest/serve.ts';

export type RegisterExtra = (app: FastifyInstance) => void | Promise<void>;

export interface RestOptions extends Pick<RestServeOptions, 'dispatcher' | 'budgets' | 'progress'> {
  readonly cors: CorsOptions;
  /** Routes beside the contract. Each function gets a scope of its own; a literal path beats the contract's. */
  readonly extra: readonly RegisterExtra[];
  /** Until a request has sent all its headers. */
  readonly headersMs: number;
  readonly random: RandomBytes;
  readonly log: Logger;
  /** True once the server ends: clients are told to let go of their connections. */
  readonly draining: () => boolean;
}

export interface RestServer {
  readonly app: FastifyInstance;
  readonly inFlight: number;
  takeSocket(socket: Socket): void;
  /** A request on HTTP/2. */
  takeStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): void;
  closeIdle(): void;
  abort(): void;
  close(): Promise<void>;
}

const API_VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export async function createRest(options: RestOptions): Promise<RestServer> {
  const calls = new Set<AbortController>();
  const servers = createServers(options.headersMs);
  const app = fastify({
    serverFactory: servers.connect,
    logger: false,
    exposeHeadRoutes: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
    clientErrorHandler: (error, socket) => refuseGarbage(options, error, socket),
    frameworkErrors: (error, request, reply) => {
      void sendStatus(request, reply, toStatusError(error), requestId(options, request));
    },
  });
  guardBrowsers(app, options.cors);
  app.addHook('onRequest', (request, reply, done) => {
    const http1 = request.raw.httpVersionMajor === 1;
    if (options.draining() && http1) reply.header('connection', 'close');
    done();
  });
  app.setNotFoundHandler((request, reply) =>
    sendStatus(
      request,
      reply,
      notFound(`There is no ${request.url.split('?', 1)[0]}`),
      requestId(options, request),
    ).then(() => reply),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const shown = toStatusError(error);
    const path = request.routeOptions.url;
    if (!shown) options.log.error({ err: error, path }, 'unexpected failure');
    return sendStatus(request, reply, shown ?? error, requestId(options, request)).then(
      () => reply,
    );
  });
  for (const register of options.extra) app.register(async (scope) => register(scope));
  app.register(async (scope) => mountApi(scope, options, calls));
  await app.ready();
  servers.http1.emit('listening');
  return {
    app,
    get inFlight() {
      return calls.size;
    },
    takeSocket: (socket) => {
      servers.http1.emit('connection', socket);
    },
    takeStream: (stream, headers, flags) => {
      servers.http2.emit('stream', stream, headers, flags);
    },
    closeIdle: () => servers.http1.closeIdleConnections(),
    abort: () => {
      for (const call of calls) call.abort(unavailable('The server is shutting down'));
    },
    close: () => app.close(),
  };
}

async function mountApi(
  scope: FastifyInstance,
  options: RestOptions,
  calls: Set<AbortController>,
): Promise<void> {
  const serve: RestServeOptions = {
    dispatcher: options.dispatcher,
    budgets: options.budgets,
    ...(options.progress ? { progress: options.progress } : {}),
    router: createRestRouter(),
    requestId: (request) => requestId(options, request),
    calls,
  };
  // The body is read by `serveRest`, after its sender is known.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  scope.route({
    method: [...API_VERBS],
    url: '/v2/*',
    handler: async (request, reply) => {
      await serveRest(serve, request, reply);
      return reply;
    },
  });
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

interface Servers {
  readonly http1: Server;
  readonly http2: http2.Http2Server;
  connect(handle: Handle): Server;
}

/** Two servers that never listen: connections and streams are handed to them. */
function createServers(headersMs: number): Servers {
  const http1 = http.createServer({
    maxHeaderSize: 32 * 1024,
    headersTimeout: headersMs,
    // Bodies have a rule of their own: they may take as long as they keep moving.
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: Math.ceil(headersMs / 4),
  });
  const overHttp2 = http2.createServer();
  return {
    http1,
    http2: overHttp2,
    connect: (handle) => {
      http1.on('request', handle);
      // Answered like any other request; the body reader tells the client to go on once it wants the body.
      http1.on('checkContinue', handle);
      // Node's compatibility classes have the surface of their HTTP/1 namesakes; fastify serves both.
      overHttp2.on('request', handle as unknown as Parameters<typeof overHttp2.on>[1]);
      return http1;
    },
  };
}

function requestId({ random }: RestOptions, request: FastifyRequest): string {
  const prefix = request.headers['x-clarifai-request-id-prefix'];
  return newRequestId(random, Array.isArray(prefix) ? prefix[0] : prefix);
}

/** What fastify itself refuses, in our words; undefined for what nobody expected. */
function toStatusError(error: unknown): StatusError | undefined {
  if (error instanceof StatusError) return error;
  const { statusCode, message } = error as Partial<FastifyError>;
  if (statusCode === 404) return notFound();
  if (statusCode === 413)
    return new StatusError(messageTooLarge(0).code, { details: message ?? '' });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return badRequestFormat(message ?? '');
  return undefined;
}

/** What is not HTTP at all, or too slow, or has headers without end. */
function refuseGarbage(options: RestOptions, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return void socket.destroy();
  const line = refusals[error.code ?? ''] ?? '400 Bad Request';
  const body = statusJson(badRequestFormat(line.slice(4)), newRequestId(options.random));
  if (!socket.writable) return void socket.destroy();
  const head = `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`, () => socket.destroy());
}

const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
