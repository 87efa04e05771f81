// Everything that clients reach, on one port: gRPC, REST and what else is registered.
import { randomBytes } from 'node:crypto';
import type { RandomBytes } from '@limpid/wire';
import type { Logger } from '../logger.ts';
import type { Dispatcher } from '../rpc/dispatch-types.ts';
import { createBudgets, type Limits } from './allowance.ts';
import { type Codec, protobufCodec } from './codec.ts';
import type { SessionOptions } from './grpc/sessions.ts';
import { createGrpcServer } from './grpc.ts';
import { openPort, type TlsFiles } from './port/open-port.ts';
import type { ProgressRule } from './progress.ts';
import { createRest, type RegisterExtra } from './rest.ts';

export type { Limits } from './allowance.ts';
export { type Codec, protobufCodec } from './codec.ts';
export type { RegisterExtra } from './rest.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly tls?: TlsFiles;
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
  /** Largest gRPC message; short for `limits.messageBytes`. */
  readonly maxMessageBytes?: number;
  readonly limits?: Partial<Limits>;
  /** Origins of browser pages, other than our own, that may read answers. */
  readonly corsOrigins?: readonly string[];
  /** A FileDescriptorSet of the API; with it reflection is served. */
  readonly descriptors?: Uint8Array;
  /** Routes beside the contract. */
  readonly extras?: readonly RegisterExtra[];
  /** What gRPC health checks are told; true until the server ends where nothing is given. */
  readonly serving?: () => boolean;
  readonly codec?: Codec;
  readonly random?: RandomBytes;
  readonly sessions?: Partial<SessionOptions>;
  readonly progress?: ProgressRule;
  readonly maxConnections?: number;
  /** Until a connection has said what it speaks, and until an HTTP/1 request has sent its headers. */
  readonly handshakeMs?: number;
}

export interface Listener {
  readonly port: number;
  readonly host: string;
  /** Where clients on this machine find it. */
  readonly url: string;
  /** Aborted once `close` was called: streams that would never end by themselves should end now. */
  readonly draining: AbortSignal;
  /** For metrics. */
  readonly stats: () => ListenerStats;
  /** No new work; what is in flight has `graceMs` to finish, then it is told to stop. */
  close(graceMs: number): Promise<void>;
}

export interface ListenerStats {
  readonly connections: number;
  readonly http2Sessions: number;
  readonly callsInFlight: number;
  /** Bytes of requests held in memory, and requests that wait for room. */
  readonly bytesInFlight: number;
  readonly waiting: number;
}

/** How long calls that were told to stop have for their last words. */
const LAST_WORDS_MS = 1000;
const FLUSH_MS = 200;
const CHECK_MS = 20;

export async function listen(options: ListenOptions): Promise<Listener> {
  const { dispatcher, progress, handshakeMs = 15_000 } = options;
  const draining = new AbortController();
  const budgets = createBudgets({
    ...(options.maxMessageBytes ? { messageBytes: options.maxMessageBytes } : undefined),
    ...options.limits,
  });
  const shared = { dispatcher, budgets, ...(progress ? { progress } : undefined) };
  const rest = await createRest({
    ...shared,
    cors: { origins: options.corsOrigins ?? [] },
    extra: options.extras ?? [],
    headersMs: handshakeMs,
    random: options.random ?? (() => randomBytes(16)),
    log: options.log,
    draining: () => draining.signal.aborted,
  });
  const grpc = createGrpcServer({
    ...shared,
    log: options.log,
    codec: options.codec ?? protobufCodec,
    ...(options.sessions ? { sessions: options.sessions } : undefined),
    ...(options.descriptors ? { descriptorSet: options.descriptors } : undefined),
    serving: () => !draining.signal.aborted && (options.serving?.() ?? true),
    onOther: (stream, headers, flags) => rest.takeStream(stream, headers, flags),
  });
  const port = await openPort({
    host: options.host,
    port: options.port,
    tls: options.tls,
    maxConnections: options.maxConnections ?? 10_000,
    handshakeMs,
    onHttp1: (socket) => rest.takeSocket(socket),
    onHttp2: (socket) => grpc.sessions.take(socket),
  });

  async function close(graceMs: number): Promise<void> {
    draining.abort();
    port.stop();
    grpc.sessions.drain();
    const quiet = (): boolean => {
      rest.closeIdle();
      return port.connections === 0;
    };
    if (!(await until(quiet, graceMs))) {
      grpc.abort();
      rest.abort();
      const idle = (): boolean => quiet() || grpc.inFlight + rest.inFlight === 0;
      if (!(await until(idle, LAST_WORDS_MS))) grpc.cutOff();
      await until(() => grpc.inFlight === 0, FLUSH_MS);
    }
    grpc.sessions.destroy();
    port.destroy();
    await rest.close();
  }

  let closing: Promise<void> | undefined;
  return {
    port: port.address.port,
    host: port.address.address,
    url: port.url,
    draining: draining.signal,
    stats: () => ({
      connections: port.connections,
      http2Sessions: grpc.sessions.size,
      callsInFlight: grpc.inFlight + rest.inFlight,
      bytesInFlight: budgets.callers.held + budgets.strangers.held,
      waiting: budgets.callers.waiting + budgets.strangers.waiting,
    }),
    close: (graceMs) => {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

async function until(reached: () => boolean, ms: number): Promise<boolean> {
  const end = Date.now() + ms;
  while (!reached()) {
    if (Date.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  }
  return true;
}
