// The server put together: pipeline, handlers, transports, plain routes. Owns nothing that outlives it.
import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { Deps } from './deps.ts';
import { createEvents } from './events.ts';
import { handlers } from './handlers/index.ts';
import type { Touches } from './present/present.ts';
import { registerFileRoutes } from './routes/files.ts';
import { registerMediaRoutes } from './routes/media.ts';
import { type Readiness, registerPlainRoutes } from './routes/plain.ts';
import { createDispatcher } from './rpc/dispatch.ts';
import type { Dispatcher } from './rpc/dispatch-types.ts';
import { type Listener, listen } from './transport/index.ts';

export interface ServerOptions {
  readonly deps: Deps;
  readonly registry: Registry;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
    readonly maxMessageBytes: number;
    readonly corsOrigins: readonly string[];
    /** The merged descriptor set, for gRPC reflection. */
    readonly descriptors: Uint8Array;
  };
  readonly readiness: () => Promise<Readiness>;
}

export interface Server extends AsyncDisposable {
  readonly port: number;
  /** Calls through the same pipeline without a socket. */
  readonly dispatcher: Dispatcher;
  /** No new work; what is in flight has `graceMs` to finish. */
  close(graceMs: number): Promise<void>;
}

const touches: Touches = new Map();

export async function startServer(options: ServerOptions): Promise<Server> {
  const { deps, registry } = options;
  collectDefaultMetrics({ register: registry });
  const dispatcher = createDispatcher({ deps, handlers, touches, events: createEvents(registry) });
  const listener: Listener = await listen({
    ...options.listen,
    dispatcher,
    log: deps.log,
    extras: [
      (app) => registerPlainRoutes(app, { deps, registry, readiness: options.readiness }),
      (app) => registerMediaRoutes(app, deps),
      (app) => registerFileRoutes(app, deps),
    ],
  });
  const close = (graceMs: number): Promise<void> => listener.close(graceMs);
  return { port: listener.port, dispatcher, close, [Symbol.asyncDispose]: () => close(0) };
}
