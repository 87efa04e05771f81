// gRPC on node:http2: every method of the API, health and reflection. Anything on HTTP/2 that isn't gRPC is handed on.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type Method, methods, unavailable } from '@limpid/wire';
import type { Logger } from '../logger.ts';
import { GrpcCall, GrpcCode } from './grpc/call.ts';
import { createHealth } from './grpc/health.ts';
import { createReflection } from './grpc/reflection.ts';
import { type ServeOptions, serveMethod } from './grpc/serve.ts';
import {
  createSessions,
  defaultSessions,
  type SessionOptions,
  type Sessions,
} from './grpc/sessions.ts';
import type { SideMethods } from './grpc/side-service.ts';

export interface GrpcOptions extends ServeOptions {
  readonly sessions?: Partial<SessionOptions>;
  /** A FileDescriptorSet of the API; without it reflection is not served. */
  readonly descriptorSet?: Uint8Array;
  readonly log: Logger;
  /** What the health service says. */
  readonly serving: () => boolean;
  /** Streams that are not gRPC. */
  readonly onOther: (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    flags: number,
  ) => void;
}

export interface GrpcServer {
  readonly sessions: Sessions;
  readonly inFlight: number;
  /** Tells every call still at work that the server gives up on it. */
  abort(): void;
  /** Ends those that didn't listen, with a code that clients don't take for an invitation to try again. */
  cutOff(): void;
}

export function createGrpcServer(options: GrpcOptions): GrpcServer {
  const calls = new Set<GrpcCall>();
  const byPath = new Map(methods().map((method) => [method.path, method]));
  const side = sideMethods(options);
  const forget = (call: GrpcCall): void => void calls.delete(call);
  const sessions = createSessions({ ...defaultSessions, ...options.sessions });

  sessions.server.on('stream', (stream, headers, flags) => {
    const type = headers['content-type'] ?? '';
    if (!type.startsWith('application/grpc')) return options.onOther(stream, headers, flags);
    if (!GRPC_TYPE.test(type) || headers[':method'] !== 'POST') return refuseType(stream);
    const call = new GrpcCall(stream, headers, forget);
    calls.add(call);
    if (call.begin()) route(call);
  });

  function route(call: GrpcCall): void {
    const method = byPath.get(call.path);
    const sideMethod = side[call.path];
    if (method)
      serveMethod(options, method, call).catch((error: unknown) => giveUp(call, method, error));
    else if (sideMethod) void serveSide(call, sideMethod(call));
    else call.end(GrpcCode.unimplemented, `Unknown method ${call.path}`);
  }

  /** A bug: whatever a caller does is answered in-band. */
  function giveUp(call: GrpcCall, method: Method, error: unknown): void {
    options.log.error({ err: error, rpc: method.name }, 'unexpected failure');
    call.end(GrpcCode.internal, 'Internal error');
  }

  return {
    sessions,
    get inFlight() {
      return calls.size;
    },
    abort: () => {
      for (const call of calls) call.abort(unavailable('The server is shutting down'));
    },
    cutOff: () => {
      for (const call of calls) call.end(GrpcCode.cancelled, 'The server is shutting down');
    },
  };
}

function sideMethods({ serving, descriptorSet }: GrpcOptions): SideMethods {
  const services = new Set(methods().map(({ desc }) => desc.parent));
  const names = [...services].map(({ typeName }) => typeName);
  const files = new Set([...services].map(({ file }) => file));
  return {
    ...createHealth({ services: names, serving }),
    ...(descriptorSet ? createReflection(files, descriptorSet) : undefined),
  };
}

async function serveSide(call: GrpcCall, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    call.end(GrpcCode.invalidArgument, error instanceof Error ? error.message : '');
  }
}

/** Not gRPC-Web, and not JSON in gRPC frames. */
const GRPC_TYPE = /^application\/grpc(\+proto)?(;|$)/;

function refuseType(stream: ServerHttp2Stream): void {
  stream.on('error', () => {});
  stream.respond(
    { ':status': 415, accept: 'application/grpc, application/json' },
    { endStream: true },
  );
}
