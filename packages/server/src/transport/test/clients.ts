// Real clients for the tests: grpc-js for gRPC, raw sockets for what no client would send.
import { once } from 'node:events';
import net from 'node:net';
import {
  create,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import type { Method } from '@limpid/wire';
import { method } from './scripted-dispatcher.ts';

type Init = Record<string, unknown>;

/** An answer as tests read it. */
export type Answer = Message & {
  readonly status?: {
    readonly code: number;
    readonly description: string;
    readonly details: string;
  };
};

export interface CallOptions {
  readonly metadata?: Record<string, string>;
  readonly deadlineMs?: number;
}

export class TestClient {
  readonly #client: grpc.Client;

  constructor(address: string, options: grpc.ClientOptions = {}, ca?: Buffer) {
    const credentials = ca ? grpc.credentials.createSsl(ca) : grpc.credentials.createInsecure();
    this.#client = new grpc.Client(address, credentials, {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // Each client has connections of its own.
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  unary(name: string, init: Init | Message = {}, options: CallOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.startUnary(name, init, options, (error, answer) =>
        error || !answer ? reject(error) : resolve(answer),
      );
    });
  }

  startUnary(
    name: string,
    init: Init | Message,
    options: CallOptions,
    done: (error: grpc.ServiceError | null, answer?: Answer) => void,
  ): grpc.ClientUnaryCall {
    const { path, encode, decode } = coder(method(name));
    const request = '$typeName' in init ? (init as Message) : make(method(name), init);
    return this.#client.makeUnaryRequest(
      path,
      encode,
      decode,
      request,
      ...callArguments(options),
      done,
    );
  }

  serverStream(
    name: string,
    init: Init = {},
    options: CallOptions = {},
  ): grpc.ClientReadableStream<Answer> {
    const { path, encode, decode } = coder(method(name));
    const request = make(method(name), init);
    return this.#client.makeServerStreamRequest(
      path,
      encode,
      decode,
      request,
      ...callArguments(options),
    );
  }

  bidi(name: string, options: CallOptions = {}): grpc.ClientDuplexStream<Message, Answer> {
    const { path, encode, decode } = coder(method(name));
    return this.#client.makeBidiStreamRequest(path, encode, decode, ...callArguments(options));
  }

  /** Any path with bytes, for services that are not of the API. */
  raw(path: string, request: Uint8Array): Promise<Buffer> {
    const same = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, same, same, Buffer.from(request), (error, answer) =>
        error || !answer ? reject(error) : resolve(answer),
      );
    });
  }

  rawBidi(path: string): grpc.ClientDuplexStream<Buffer, Buffer> {
    const same = (bytes: Buffer): Buffer => bytes;
    return this.#client.makeBidiStreamRequest(path, same, same);
  }

  close(): void {
    this.#client.close();
  }
}

export function make(of: Method, init: Init): Message {
  return create(of.desc.input, init as MessageInitShape<typeof of.desc.input>);
}

function coder(of: Method) {
  return {
    path: of.path,
    encode: (message: Message): Buffer => Buffer.from(toBinary(of.desc.input, message)),
    decode: (bytes: Buffer): Answer => fromBinary(of.desc.output, bytes) as Answer,
  };
}

function callArguments(options: CallOptions): [grpc.Metadata, grpc.CallOptions] {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(options.metadata ?? { authorization: 'Key good' })) {
    metadata.set(name, value);
  }
  return [
    metadata,
    options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs },
  ];
}

/** A socket that says exactly what a test wants. */
export async function rawSocket(port: number): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything the other side says until it ends; then this side ends too. */
export async function readAll(socket: net.Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  if (!socket.closed && !socket.readableEnded) {
    await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  }
  socket.destroy();
  return Buffer.concat(chunks).toString();
}
