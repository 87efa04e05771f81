// Who may call from a browser, and what a browser may do with what we answer.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface CorsOptions {
  /** `https://app.example.org`; pages of our own origin need no entry. */
  readonly origins: readonly string[];
}

const VERBS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const EXPOSED = 'Content-Length, Content-Range, Content-Disposition';
const ASKABLE = /^(authorization|content-type|accept|range|x-clarifai-[a-z0-9-]+)$/;

/** For every route, those that others registered included. A route may overrule the headers of its own answer. */
export function guardBrowsers(app: FastifyInstance, { origins }: CorsOptions): void {
  const allowed = new Set(origins.map((origin) => origin.toLowerCase().replace(/\/+$/, '')));
  app.addHook('onRequest', (request, reply, done) => {
    setSecurityHeaders(reply);
    const { origin } = request.headers;
    if (origin !== undefined) {
      reply.header('vary', 'Origin');
      if (allowed.has(origin.toLowerCase())) allowOrigin(reply, origin);
    }
    if (request.method !== 'OPTIONS') return done();
    answerOptions(request, reply, origin !== undefined && allowed.has(origin.toLowerCase()));
  });
}

function setSecurityHeaders(reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('x-frame-options', 'DENY');
  reply.header('referrer-policy', 'no-referrer');
  reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
}

function allowOrigin(reply: FastifyReply, origin: string): void {
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', EXPOSED);
}

function answerOptions(request: FastifyRequest, reply: FastifyReply, allowed: boolean): void {
  const asked = request.headers['access-control-request-headers'];
  if (allowed && request.headers['access-control-request-method'] !== undefined) {
    const names = (asked ?? '').split(',').map((name) => name.trim().toLowerCase());
    reply.header('access-control-allow-methods', VERBS);
    reply.header(
      'access-control-allow-headers',
      names.filter((name) => ASKABLE.test(name)).join(', '),
    );
    reply.header('access-control-max-age', '600');
  }
  reply.header('allow', `${VERBS}, OPTIONS`).code(204).send();
}
