// Where transports and dispatch meet: a transport turns bytes into messages, a dispatcher turns messages into answers.
import type { Message } from '@bufbuild/protobuf';
import type { Method } from '@limpid/wire';

/** What a transport knows of a call once its headers are in. */
export interface Incoming {
  readonly method: Method;
  readonly transport: 'grpc' | 'rest';
  /** A request header or gRPC metadata entry by its lower-case name; the first value where several were sent. */
  header(name: string): string | undefined;
  /** Aborted when the client went away, its deadline passed, or the server stops waiting for the call. */
  readonly signal: AbortSignal;
  /** Network address of the client, without the port. */
  readonly peer: string;
}

export interface Dispatcher {
  /** Authenticates from headers BEFORE a body is read; never rejects. */
  open(incoming: Incoming): Promise<OpenCall>;
}

/** A call whose caller is known, or known to be unknown. The transport calls `finish` exactly once. */
export interface OpenCall {
  readonly reqId: string;
  readonly authenticated: boolean;
  /** Whom bytes in flight are charged to. */
  readonly budgetKey: string;
  /** The in-band answer for a body that could not be read or parsed. */
  refuse(error: unknown): Message;
  /** Always resolves, with `status` filled. */
  unary(request: Message): Promise<Message>;
  /** server_streaming (one request) and bidi. Does not throw: a failure is the last message. */
  stream(requests: AsyncIterable<Message>): AsyncIterable<Message>;
  finish(outcome: Outcome): void;
}

export interface Outcome {
  /** Status code of the answer, of the last one where there were several. */
  readonly code: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}
