// gRPC on node:http2: every method of the API, health and reflection. Anything on HTTP/2 that isn't gRPC is handed on.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type Method, methods, unavailable } from '@limpid/wire';
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
}

export function createGrpcServer(options: GrpcOptions): GrpcServer {
  const calls = new Set<GrpcCall>();
  const byPath = new Map(methods().map((method) => [method.path, method]));
  const side = sideMethods(options);
  const forget = (call: GrpcCall): void => void calls.delete(call);
  const sessions = createSessions({ ...defaultSessions, ...options.sessions });

  sessions.server.on('stream', (stream, headers, flags) => {
    if (!isGrpc(headers)) return options.onOther(stream, headers, flags);
    const call = new GrpcCall(stream, headers, forget);
    calls.add(call);
    if (call.begin()) route(call);
  });

  function route(call: GrpcCall): void {
    const method = byPath.get(call.path);
    const sideMethod = side[call.path];
    if (method) void serveMethod(options, method, call);
    else if (sideMethod) void serveSide(call, sideMethod(call));
    else call.end(GrpcCode.unimplemented, `Unknown method ${call.path}`);
  }

  return {
    sessions,
    get inFlight() {
      return calls.size;
    },
    abort: () => {
      for (const call of calls) call.abort(unavailable('The server is shutting down'));
    },
  };
}

function sideMethods(options: GrpcOptions): SideMethods {
  const apis = new Set(methods().map((method: Method) => method.desc.parent.typeName));
  return {
    ...createHealth({ services: [...apis], serving: options.serving }),
    ...(options.descriptorSet ? createReflection(options.descriptorSet) : undefined),
  };
}

async function serveSide(call: GrpcCall, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    call.end(GrpcCode.invalidArgument, error instanceof Error ? error.message : '');
  }
}

/** `application/grpc`, `application/grpc+proto`; not gRPC-Web, and not JSON in gRPC frames. */
function isGrpc(headers: IncomingHttpHeaders): boolean {
  const type = headers['content-type'];
  return (
    headers[':method'] === 'POST' &&
    type !== undefined &&
    /^application\/grpc(\+proto)?(;|$)/.test(type)
  );
}
