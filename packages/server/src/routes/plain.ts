// Plain HTTP beside the contract: health, metrics, sign-in, and the few paths that clients call without gRPC twins.

import {
  internalError,
  invalidRequest,
  missingCredentials,
  newRequestId,
  notFound,
  StatusCode,
  StatusError,
  statusInfo,
} from '@limpid/wire';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Deps } from '../deps.ts';
import { authenticate } from '../rpc/authenticate.ts';
import { signIn } from '../sign-in/sign-in.ts';
import { createThrottle } from '../sign-in/throttle.ts';
import { openApiDocument } from './openapi.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly details: Record<string, unknown>;
}

export interface PlainRoutes {
  readonly deps: Deps;
  readonly registry: Registry;
  /** Whether the instance can serve: database, blobs, vectors. Models are details and never make it unready. */
  readonly readiness: () => Promise<Readiness>;
}

export function registerPlainRoutes(app: FastifyInstance, options: PlainRoutes): void {
  const { deps } = options;
  const throttle = createThrottle();
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, details } = await options.readiness();
    return reply.code(ready ? 200 : 503).send({ ready, ...details });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.registry.contentType).send(await options.registry.metrics()),
  );
  let openapi: object | undefined;
  app.get('/openapi.json', async () => {
    openapi ??= openApiDocument(deps.config.publicUrl());
    return openapi;
  });
  app.get('/v2/auth/methods', async () => ({
    ...okStatus(deps),
    auth_methods: ['personal_access_token', 'app_specific_key', 'session_token', 'password'],
  }));
  app.post('/v2/login', async (request, reply) => {
    try {
      const { login, password } = readLogin(request.body);
      const signed = await signIn(deps, throttle, { login, password, peer: request.ip });
      return { ...okStatus(deps), v2_user_id: signed.userId, session_token: signed.sessionToken };
    } catch (error) {
      const { http, body } = failure(deps, error);
      return reply.code(http).send(body);
    }
  });
  app.get('/v2/users/:userId/organizations', async (request, reply) => {
    try {
      const header = (name: string) => request.headers[name] as string | undefined;
      const signed = await authenticate(deps, header);
      if (!signed) throw missingCredentials();
      const { caller } = signed;
      const { userId } = request.params as { userId: string };
      if (userId !== 'me' && userId !== caller.userId) throw notFound();
      // Organizations do not exist on this instance yet, so nobody belongs to one.
      return { ...okStatus(deps), organizations: [] };
    } catch (error) {
      const { http, body } = failure(deps, error);
      return reply.code(http).send(body);
    }
  });
}

function readLogin(body: unknown): { login: string; password: string } {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const login = given.email ?? given.user_id;
  const { password } = given;
  if (typeof login !== 'string' || typeof password !== 'string' || !login || !password) {
    throw invalidRequest('email and password are required');
  }
  return { login, password };
}

function okStatus(deps: Deps): { status: object } {
  const code = StatusCode.SUCCESS;
  return {
    status: { code, description: statusInfo(code).description, req_id: newRequestId(deps.random) },
  };
}

function failure(deps: Deps, error: unknown): { http: number; body: object } {
  const shown = error instanceof StatusError ? error : internalError(error);
  if (shown !== error) deps.log.error({ err: error }, 'unexpected failure');
  const { code, description, details } = shown;
  const status = {
    code,
    description,
    details: details || description,
    req_id: newRequestId(deps.random),
  };
  return { http: statusInfo(code).http, body: { status } };
}
