// A gRPC client without a library: says byte by byte what a test wants, and shows what came back.
import http2 from 'node:http2';

export interface RawAnswer {
  readonly headers: http2.IncomingHttpHeaders;
  readonly trailers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly rstCode: number | undefined;
}

export interface RawCall {
  readonly stream: http2.ClientHttp2Stream;
  readonly answer: Promise<RawAnswer>;
}

export function connectRaw(url: string): http2.ClientHttp2Session {
  const session = http2.connect(url);
  session.on('error', () => {});
  return session;
}

export function rawCall(
  session: http2.ClientHttp2Session,
  path: string,
  headers: http2.OutgoingHttpHeaders = {},
): RawCall {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: 'Key good',
    ...headers,
  });
  return { stream, answer: collect(stream) };
}

export function collect(stream: http2.ClientHttp2Stream): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let headers: http2.IncomingHttpHeaders = {};
    let trailers: http2.IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => {});
    stream.on('close', () =>
      resolve({ headers, trailers, body: Buffer.concat(chunks), rstCode: stream.rstCode }),
    );
  });
}

export function frame(bytes: Uint8Array, flag = 0): Buffer {
  return Buffer.concat([frameHead(bytes.length, flag), bytes]);
}

export function frameHead(length: number, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return head;
}
