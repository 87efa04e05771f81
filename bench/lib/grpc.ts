// A client that sends bytes prepared beforehand, so that its own work is small and the same for every server.
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';

export interface BytesClient {
  /** Rejects for a gRPC error. What the answer says in its status is the caller's matter. */
  call(path: string, request: Buffer): Promise<Buffer>;
  close(): void;
}

const options = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.use_local_subchannel_pool': 1,
};

export function openClient(url: string, pat: string): BytesClient {
  const client = new Client(new URL(url).host, ChannelCredentials.createInsecure(), options);
  const metadata = new Metadata();
  metadata.set('authorization', `Key ${pat}`);
  return {
    call: (path, request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, asIs, asIs, request, metadata, (error, answer) => {
          if (error) reject(error);
          else resolve(answer ?? Buffer.alloc(0));
        });
      }),
    close: () => client.close(),
  };
}

export function asIs(bytes: Buffer): Buffer {
  return bytes;
}

const SUCCESS = 10000;

/** Reads the code of the answer's status and nothing else: field 1, and in it field 1. */
export function checkSuccess(answer: Buffer): void {
  const at = answer[0] === 0x0a ? answer.indexOf(0x08) : -1;
  const code = at < 0 ? 0 : ((answer[at + 1] ?? 0) % 128) | ((answer[at + 2] ?? 0) << 7);
  if (code !== SUCCESS) throw new Error(`status ${code}: ${answer.subarray(0, 300).toString()}`);
}
