// One ProcessRunnerItems call as messages in and out.
import {
  ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  Metadata,
} from '@grpc/grpc-js';
import {
  type MultiRunnerItemResponse,
  MultiRunnerItemResponseSchema,
  type PostRunnerItemOutputsRequest,
  PostRunnerItemOutputsRequestSchema,
} from '@limpid/wire';
import { decodeMessage, encodeMessage } from '@limpid/wire/codec/index';

export interface Dial {
  /** `http://host:port` or `https://host[:port]`. */
  readonly baseUrl: string;
  readonly token: string;
  /** PEM of the authority that signed the server's certificate, when the system does not know it. */
  readonly rootCertificates?: Buffer;
}

export interface RunnerConnection {
  /** Throws when the connection breaks; ends when the server ends the call. */
  readonly incoming: AsyncIterable<MultiRunnerItemResponse>;
  /** Resolves when there is room for the next message. Throws for what is not a valid message. */
  send(message: PostRunnerItemOutputsRequest): Promise<void>;
  /** The runner says nothing more. */
  halfClose(): void;
  /** Ends everything now. */
  close(): void;
}

const PATH = '/clarifai.api.V2/ProcessRunnerItems';

const clientOptions: ClientOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // Neither side hears of a peer that vanished without a word; this is the heartbeat of the protocol.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 0,
  // Each attempt dials for itself; a shared pool would make it wait for the backoff of the one before.
  'grpc.use_local_subchannel_pool': 1,
};

export function dial(options: Dial): RunnerConnection {
  const { host, credentials } = readUrl(options);
  const client = new Client(host, credentials, clientOptions);
  const metadata = new Metadata();
  metadata.set('authorization', `Key ${options.token}`);
  const call = client.makeBidiStreamRequest(PATH, asIs, deserialize, metadata);
  // The reader gets the error; without a listener it would also end the process.
  call.on('error', () => {});
  call.once('close', () => client.close());
  return {
    incoming: call,
    // Serialized here: a failure inside the call would end it for every item.
    send: (message) =>
      write(call, Buffer.from(encodeMessage(PostRunnerItemOutputsRequestSchema, message).buffer)),
    halfClose: () => call.end(),
    close: () => {
      call.cancel();
      client.close();
    },
  };
}

function readUrl(options: Dial): { host: string; credentials: ChannelCredentials } {
  const url = new URL(options.baseUrl);
  if (url.protocol === 'http:') {
    return { host: withPort(url, 80), credentials: ChannelCredentials.createInsecure() };
  }
  if (url.protocol === 'https:') {
    const credentials = ChannelCredentials.createSsl(options.rootCertificates ?? null);
    return { host: withPort(url, 443), credentials };
  }
  throw new TypeError(`baseUrl must start with http:// or https://: ${options.baseUrl}`);
}

function withPort(url: URL, port: number): string {
  return `${url.hostname}:${url.port === '' ? port : url.port}`;
}

type Call = ClientDuplexStream<Buffer, MultiRunnerItemResponse>;

function write(call: Call, message: Buffer): Promise<void> {
  if (call.destroyed || call.writableEnded || call.write(message)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('close', done);
      call.off('error', done);
      resolve();
    };
    call.on('drain', done);
    call.on('close', done);
    call.on('error', done);
  });
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function deserialize(bytes: Buffer): MultiRunnerItemResponse {
  return decodeMessage(MultiRunnerItemResponseSchema, bytes);
}
