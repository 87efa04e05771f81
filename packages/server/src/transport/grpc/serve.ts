// The methods of the API over gRPC. gRPC itself says OK whatever happened; the answer is in the message.
import type { Message } from '@bufbuild/protobuf';
import { badRequestFormat, type Method, requestCanceled } from '@limpid/wire';
import type { Dispatcher, Incoming, OpenCall } from '../../rpc/dispatch-types.ts';
import { codeOf } from '../../rpc/respond.ts';
import { type Allowance, allowanceOf, type Budgets, withoutBody } from '../allowance.ts';
import type { Codec } from '../codec.ts';
import type { Lease } from '../limits.ts';
import { defaultProgress, type ProgressRule } from '../progress.ts';
import type { GrpcCall } from './call.ts';
import type { FrameReader } from './frame-reader.ts';

export interface ServeOptions {
  readonly dispatcher: Dispatcher;
  readonly codec: Codec;
  readonly budgets: Budgets;
  readonly progress?: ProgressRule;
}

interface Served {
  readonly options: ServeOptions;
  readonly call: GrpcCall;
  readonly method: Method;
  readonly open: OpenCall;
  readonly allowance: Allowance;
  readonly frames: FrameReader;
}

/** A call as dispatch sees it; what costs something is computed when asked for. */
class GrpcIncoming implements Incoming {
  readonly transport = 'grpc';
  readonly method: Method;
  readonly peer: string;
  readonly #call: GrpcCall;

  constructor(method: Method, call: GrpcCall) {
    this.method = method;
    this.peer = call.peer;
    this.#call = call;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  // A property, so that it can be passed on by itself.
  readonly header = (name: string): string | undefined => this.#call.header(name);
}

/** Answers one call. Never rejects. */
export async function serveMethod(
  options: ServeOptions,
  method: Method,
  call: GrpcCall,
): Promise<void> {
  const open = await options.dispatcher.open(new GrpcIncoming(method, call));
  if (call.over) return finish(call, open, undefined);
  const allowance = allowanceOf(options.budgets, open, 'messageBytes', call.signal);
  const { maxBytes, reserve } = allowance;
  const frames = call.read({ maxBytes, reserve, progress: options.progress ?? defaultProgress });
  const served = { options, call, method, open, allowance, frames };
  if (method.kind === 'unary') await serveUnary(served);
  else await serveStream(served);
}

async function serveUnary(served: Served): Promise<void> {
  const { options, call, method, open } = served;
  let answer: Message | undefined;
  const leases: Lease[] = [];
  try {
    answer = await open.unary(await readOnly(served, leases));
    await call.answer(options.codec.encode(method, answer));
  } catch (error) {
    answer = open.refuse(error);
    await call.answer(options.codec.encode(method, answer));
  } finally {
    for (const lease of leases) lease.release();
    finish(call, open, answer);
  }
}

/** The one request of a unary call; a second one, or none, is an error. */
async function readOnly(served: Served, leases: Lease[]): Promise<Message> {
  const { frames, method } = served;
  try {
    const frame = await frames.next();
    if (!frame) throw badRequestFormat(`${method.name} was called without a request`);
    leases.push(frame.lease);
    const request = await decode(served, frame);
    const second = await frames.next();
    if (!second) return request;
    leases.push(second.lease);
    throw badRequestFormat(`${method.name} takes one request`);
  } catch (error) {
    const request = withoutBody(served.open, method);
    if (!request) throw error;
    return request;
  } finally {
    frames.stop();
  }
}

async function serveStream(served: Served): Promise<void> {
  const { options, call, method, open } = served;
  let answer: Message | undefined;
  const requests = readAll(served);
  try {
    call.sendHeaders();
    for await (answer of open.stream(requests)) {
      await call.send(options.codec.encode(method, answer));
      if (call.over) break;
    }
  } catch (error) {
    answer = open.refuse(error);
    await call.send(options.codec.encode(method, answer));
  } finally {
    requests.close();
    call.end();
    finish(call, open, answer);
  }
}

interface Requests extends AsyncIterableIterator<Message, undefined> {
  close(): void;
}

/**
 * The requests of a stream, each on the caller's account until the next one is asked for. Not a generator: closing one
 * that waits for a request would wait with it.
 */
function readAll(served: Served): Requests {
  const { frames, method, open } = served;
  let lease: Lease | undefined;
  let count = 0;
  let closed = false;
  const close = (): void => {
    closed = true;
    lease?.release();
    frames.stop();
  };
  const read = async (): Promise<Message | undefined> => {
    const frame = await frames.next();
    if (!frame) return undefined;
    lease = frame.lease;
    count += 1;
    if (count > 1 && method.kind === 'server_streaming')
      throw badRequestFormat(`${method.name} takes one request`);
    return decode(served, frame);
  };
  const next = async (): Promise<IteratorResult<Message, undefined>> => {
    lease?.release();
    if (closed) return { done: true, value: undefined };
    try {
      const value = await read();
      if (value) return { done: false, value };
    } catch (error) {
      if (closed) return { done: true, value: undefined };
      const first = count === 0;
      close();
      const value = first ? withoutBody(open, method) : undefined;
      if (!value) throw error;
      return { done: false, value };
    }
    close();
    return { done: true, value: undefined };
  };
  return {
    next,
    close,
    return: () => {
      close();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function decode(
  served: Served,
  frame: Parameters<GrpcCall['contents']>[0],
): Promise<Message> {
  const { options, call, method, allowance } = served;
  const contents = call.contents(frame, allowance.maxBytes);
  const bytes = contents instanceof Promise ? await contents : contents;
  try {
    return options.codec.decode(method, bytes);
  } catch (error) {
    throw badRequestFormat(`The request is not a ${method.desc.input.typeName}`, error);
  }
}

function finish(call: GrpcCall, open: OpenCall, answer: Message | undefined): void {
  const code = answer ? codeOf(answer) : requestCanceled().code;
  open.finish({ code, bytesIn: call.bytesIn, bytesOut: call.bytesOut });
}
