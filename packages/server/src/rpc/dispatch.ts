// Every call of every transport passes here, through one list of steps:
//   authenticate → known? → credential → scope → place → limit → handle → present → audit → respond
// A step refuses by throwing; the answer is always in-band, and gRPC itself is always OK.
import type { Message } from '@bufbuild/protobuf';
import type { Caller } from '@limpid/domain/access/authority';
import { invalidRequest, newRequestId, notImplemented } from '@limpid/wire';
import type { Call, ScopeKind } from '../call.ts';
import type { Deps } from '../deps.ts';
import type { Events } from '../events.ts';
import { present, type Touches } from '../present/present.ts';
import { type Span, within } from '../tracing/tracing.ts';
import { audit } from './audit.ts';
import { type Authenticated, authenticate } from './authenticate.ts';
import { authorizeCredential, authorizePlace } from './authorize.ts';
import { CallLog } from './call-log.ts';
import type { Dispatcher, Incoming, OpenCall } from './dispatch-types.ts';
import { createRateLimiter, type RateLimiter } from './limit.ts';
import { namedIds, resolveScope } from './resolve-scope.ts';
import { codeOf, refuse, respond } from './respond.ts';
import type { Handlers, Rpc } from './rpc.ts';
import { beginCall, endCall, stepsWithin } from './trace.ts';

export interface DispatchOptions {
  readonly deps: Deps;
  readonly handlers: Handlers;
  readonly touches: Touches;
  readonly events: Events;
}

export function createDispatcher(options: DispatchOptions): Dispatcher {
  const limit = createRateLimiter();
  return {
    open: async (incoming) => {
      const { deps } = options;
      const prefix = incoming.header('x-clarifai-request-id-prefix');
      const reqId = newRequestId(deps.random, prefix);
      const { tracing } = deps;
      const span = tracing && beginCall(tracing, incoming, reqId);
      const known = () => identify(deps, incoming);
      const identity = await (span ? span.run(known) : known());
      return openCall({ ...options, limit, incoming, reqId, identity, span });
    },
  };
}

type Identity = { readonly authenticated: Authenticated | undefined } | { readonly error: unknown };

async function identify(deps: Deps, incoming: Incoming): Promise<Identity> {
  try {
    return { authenticated: await authenticate(deps, incoming.header) };
  } catch (error) {
    return { error };
  }
}

function callerOf(identity: Identity): Caller | undefined {
  return 'authenticated' in identity ? identity.authenticated?.caller : undefined;
}

interface Opened extends DispatchOptions {
  readonly limit: RateLimiter;
  readonly incoming: Incoming;
  readonly reqId: string;
  readonly identity: Identity;
  readonly span: Span | undefined;
}

function openCall(opened: Opened): OpenCall {
  const { incoming, reqId, identity, deps, span } = opened;
  const { method } = incoming;
  const caller = callerOf(identity);
  const fields = { req_id: reqId, rpc: method.name, user: caller?.userId };
  const log = new CallLog(deps.log, fields);
  const started = performance.now();
  return {
    reqId,
    authenticated: caller !== undefined,
    budgetKey: caller ? `user:${caller.userKey}` : `peer:${incoming.peer}`,
    refuse: (error) => refuse(method, reqId, error, log),
    unary: (request) =>
      span ? span.run(() => unary(opened, request, log)) : unary(opened, request, log),
    stream: (requests) => {
      const answers = stream(opened, requests, log);
      return span ? stepsWithin(span, answers) : answers;
    },
    finish: (outcome) => {
      const seconds = (performance.now() - started) / 1000;
      opened.events.rpcFinished(
        { method, transport: incoming.transport, seconds, ...outcome },
        log,
      );
      if (span) endCall(span, incoming, outcome, caller?.userId);
    },
  };
}

type UnaryHandle = (call: Call, request: Message) => Promise<object>;
type StreamHandle = (
  call: Call,
  requests: Message | AsyncIterable<Message>,
) => AsyncIterable<object>;

async function unary(opened: Opened, request: Message, log: Call['log']): Promise<Message> {
  const { incoming, reqId, deps } = opened;
  try {
    const prepared = await prepare(opened, request, log);
    const handle = prepared.rpc.handle as unknown as UnaryHandle;
    const work = () => handle(prepared.call, request);
    const reply = await (deps.tracing ? within(deps.tracing, 'handle', {}, work) : work());
    return finishReply(opened, prepared, reply);
  } catch (error) {
    return refuse(incoming.method, reqId, error, log);
  }
}

interface Prepared {
  readonly rpc: Rpc;
  readonly call: Call;
}

/** Everything between authentication and the work itself. */
async function prepare(opened: Opened, request: Message, log: Call['log']): Promise<Prepared> {
  const { deps, incoming, identity, handlers, limit } = opened;
  const { method } = incoming;
  if ('error' in identity) throw identity.error;
  const { authenticated } = identity;
  const caller = authenticated?.caller;
  if (method.auth !== 'none' && !caller) authorizeCredential(method, caller);
  const rpc = handlers[method.name as keyof Handlers] as Rpc | undefined;
  if (!rpc) throw notImplemented(method.name);
  authorizeCredential(method, caller, rpc.options);
  const scope = await resolveScope(deps, authenticated, rpc.options, namedIds(request));
  authorizePlace(method, rpc.options, scope);
  if (!rpc.options.unlimited) limit(deps, caller);
  // The scope is of the kind that the handler declared: resolveScope read it from the same options.
  const { reqId } = opened;
  const { signal } = incoming;
  const call = { reqId, method, caller, known: authenticated?.known, scope, log, signal, deps };
  return { rpc, call: call as Call<ScopeKind> };
}

function finishReply(opened: Opened, prepared: Prepared, reply: object): Message {
  const { deps, touches, reqId } = opened;
  const { method } = opened.incoming;
  const response = respond(method, reqId, reply);
  present(deps, touches, method.desc.output, response);
  audit(prepared.call, codeOf(response));
  return response;
}

/** Streams of any kind: the first request names the place, and one bad answer ends the stream after it was sent. */
async function* stream(
  opened: Opened,
  requests: AsyncIterable<Message>,
  log: Call['log'],
): AsyncIterable<Message> {
  const { method } = opened.incoming;
  const iterator = requests[Symbol.asyncIterator]();
  try {
    const first = await iterator.next();
    if (first.done) throw invalidRequest('the stream is empty');
    const prepared = await prepare(opened, first.value, log);
    const argument =
      method.kind === 'server_streaming' ? first.value : resume(first.value, iterator);
    for await (const reply of (prepared.rpc.handle as unknown as StreamHandle)(
      prepared.call,
      argument,
    )) {
      yield finishReply(opened, prepared, reply);
    }
  } catch (error) {
    yield refuse(method, opened.reqId, error, log);
  } finally {
    await iterator.return?.();
  }
}

async function* resume(first: Message, rest: AsyncIterator<Message>): AsyncIterable<Message> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
