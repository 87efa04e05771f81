// The methods of the API over REST: a path names the method, JSON goes in and out, HTTP repeats what `status` says.
import { isUtf8 } from 'node:buffer';
import type { Message } from '@bufbuild/protobuf';
import {
  badRequestFormat,
  decodeRestRequest,
  encodeJson,
  invalidRequest,
  type Method,
  methodNotAllowed,
  notFound,
  type RestRouter,
  requestCanceled,
  statusInfo,
} from '@limpid/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher, OpenCall } from '../../rpc/dispatch-types.ts';
import { codeOf } from '../../rpc/respond.ts';
import { allowanceOf, type Budgets, withoutBody } from '../allowance.ts';
import type { Lease } from '../limits.ts';
import { defaultProgress, type ProgressRule } from '../progress.ts';
import { sendJson, sendStatus } from './answer.ts';
import { readBody } from './body.ts';
import { streamAnswers } from './stream.ts';

export interface RestServeOptions {
  readonly dispatcher: Dispatcher;
  readonly router: RestRouter;
  readonly budgets: Budgets;
  readonly progress?: ProgressRule;
  readonly requestId: (request: FastifyRequest) => string;
  /** Calls at work, so that a server that ends can tell them. */
  readonly calls: Set<AbortController>;
}

export interface RestCall {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly method: Method;
  readonly open: OpenCall;
  readonly signal: AbortSignal;
}

interface Place {
  readonly method: Method;
  readonly params: Record<string, string>;
  readonly query: URLSearchParams;
}

export async function serveRest(
  options: RestServeOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const place = findPlace(options.router, request);
  if ('error' in place) {
    if (place.allowed) reply.header('allow', place.allowed.join(', '));
    await sendStatus(request, reply, place.error, options.requestId(request));
    return;
  }
  const abort = new AbortController();
  options.calls.add(abort);
  reply.raw.once('close', () => {
    options.calls.delete(abort);
    if (!reply.raw.writableFinished) abort.abort(requestCanceled());
  });
  const { method } = place;
  const open = await options.dispatcher.open({
    method,
    transport: 'rest',
    header: (name) => headerOf(request, name),
    signal: abort.signal,
    peer: request.ip,
  });
  await answer(options, { request, reply, method, open, signal: abort.signal }, place);
}

type NoPlace = { readonly error: Error; readonly allowed?: readonly string[] };

function findPlace(router: RestRouter, request: FastifyRequest): Place | NoPlace {
  const url = request.raw.url ?? '/';
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const found = router.match(request.method === 'HEAD' ? 'GET' : request.method, path);
  if (!found) return { error: notFound(`There is no ${path}`) };
  if ('allowed' in found) return { error: methodNotAllowed(found.allowed), allowed: found.allowed };
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  return { method: found.method, params: found.params, query };
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function answer(options: RestServeOptions, call: RestCall, place: Place): Promise<void> {
  const { method, open } = call;
  const leases: Lease[] = [];
  const counted = { bytesIn: 0, bytesOut: 0 };
  let last: Message | undefined;
  try {
    const message = await readRequest(options, call, place, counted, leases);
    if (method.kind === 'server_streaming') {
      last = await streamAnswers(call, open.stream(once(message)), counted);
      return;
    }
    last = await open.unary(message);
    counted.bytesOut = await send(call, last);
  } catch (error) {
    last = open.refuse(error);
    // In the middle of a stream there is no way to say so but to break off.
    if (call.reply.sent) call.reply.raw.destroy();
    else counted.bytesOut = await send(call, last);
  } finally {
    for (const lease of leases) lease.release();
    open.finish({ code: last ? codeOf(last) : requestCanceled().code, ...counted });
  }
}

/** Throws a StatusError for what can't be read. */
async function readRequest(
  options: RestServeOptions,
  { request, reply, method, open, signal }: RestCall,
  place: Place,
  counted: { bytesIn: number },
  leases: Lease[],
): Promise<Message> {
  try {
    if (method.kind === 'bidi_streaming') {
      throw invalidRequest(`${method.name} streams in both directions; call it over gRPC`);
    }
    const { bytes, received } = await readBody(request.raw, reply.raw, {
      allowance: allowanceOf(options.budgets, open, 'bodyBytes', signal),
      progress: options.progress ?? defaultProgress,
      keep: (lease) => leases.push(lease),
    });
    counted.bytesIn = received;
    const body = parseJson(bytes, headerOf(request, 'content-type'));
    return decodeRestRequest(method, { params: place.params, query: place.query, body });
  } catch (error) {
    const empty = withoutBody(open, method);
    if (!empty) throw error;
    return empty;
  }
}

/** Any content type is taken for JSON, since many a caller forgets to name it; only forms with parts can't be meant. */
function parseJson(bytes: Buffer, type: string | undefined): unknown {
  if (bytes.length === 0) return undefined;
  if (type?.startsWith('multipart/'))
    throw badRequestFormat('Send the request as JSON, not as a form');
  if (!isUtf8(bytes)) throw badRequestFormat('The body is not UTF-8');
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw badRequestFormat(`The body is not valid JSON: ${(error as Error).message}`, error);
  }
}

function send({ request, reply, method }: RestCall, message: Message): Promise<number> {
  const json = encodeJson(method.desc.output, message);
  return sendJson(request, reply, statusInfo(codeOf(message)).http, json);
}

async function* once(message: Message): AsyncIterable<Message> {
  yield message;
}
