// One gRPC call on an HTTP/2 stream: headers in, messages both ways, trailers out. Knows nothing of our API.
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { badRequestFormat, requestCanceled, requestTimeout } from '@limpid/wire';
import { pack, unpack, WORTH_PACKING } from '../compression.ts';
import { type Frame, FrameReader, type FrameRules } from './frame-reader.ts';
import { peerOf } from './peer.ts';

/** The gRPC codes that a transport itself may end a call with; what our API has to say is in the message. */
export const GrpcCode = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  unimplemented: 12,
  internal: 13,
} as const;
export type GrpcCode = (typeof GrpcCode)[keyof typeof GrpcCode];

const DONE = { code: GrpcCode.ok, message: '' } as const;

const ENCODINGS = ['identity', 'deflate', 'gzip'] as const;
type MessageEncoding = (typeof ENCODINGS)[number];

const plainHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': ENCODINGS.join(','),
};
const packedHeaders = { ...plainHeaders, 'grpc-encoding': 'gzip' };
const WITH_TRAILERS = { waitForTrailers: true };
const OK_TRAILERS = { 'grpc-status': '0' };
const ignore = (): void => undefined;

/** Timers can't count further; such a deadline is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const UNFETCHED_MS = 120_000;
const HANG_UP_MS = 1000;
/** What the connection takes over at once needs no timer. */
const UNWATCHED_BYTES = 64 * 1024;

export class GrpcCall {
  readonly path: string;
  /** Address of the client, without the port. */
  readonly peer: string;
  bytesOut = 0;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #abort = new AbortController();
  #reader: FrameReader | undefined;
  #timer: NodeJS.Timeout | undefined;
  #status: { readonly code: GrpcCode; readonly message: string } | undefined;

  /** `onClose` hears when the stream is gone, answered or not. */
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    onClose: (call: GrpcCall) => void,
  ) {
    this.#stream = stream;
    this.#headers = headers;
    this.path = headers[':path'] ?? '';
    this.peer = peerOf(stream.session);
    // A broken stream also closes; without a listener its error would end the process.
    stream.on('error', ignore);
    stream.once('close', () => {
      onClose(this);
      this.#closed();
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Nothing more can be said: answered, or the client is gone. */
  get over(): boolean {
    return this.#status !== undefined || this.#stream.destroyed || this.#stream.closed;
  }

  get bytesIn(): number {
    return this.#reader?.bytesIn ?? 0;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Starts the deadline and checks what the client announced; false when the call is over already. */
  begin(): boolean {
    const encoding = this.header('grpc-encoding');
    if (encoding !== undefined && !isMessageEncoding(encoding)) {
      this.end(GrpcCode.unimplemented, `Messages in ${encoding} are not supported`);
      return false;
    }
    const timeout = this.header('grpc-timeout');
    if (timeout === undefined) return true;
    const ms = parseTimeout(timeout);
    if (ms === undefined) {
      this.end(GrpcCode.internal, `Invalid grpc-timeout "${timeout}"`);
      return false;
    }
    if (ms <= MAX_TIMER_MS) this.#timer = setTimeout(() => this.#expire(), ms);
    return true;
  }

  /** What the client sends is not read before this. Once a call. */
  read(rules: FrameRules): FrameReader {
    this.#reader = new FrameReader(this.#stream, rules);
    return this.#reader;
  }

  /** The bytes of a message, unpacked within its lease. */
  contents(frame: Frame, maxBytes: number): Uint8Array | Promise<Uint8Array> {
    if (!frame.compressed) return frame.bytes;
    const encoding = this.header('grpc-encoding');
    if (encoding !== 'gzip' && encoding !== 'deflate') {
      throw badRequestFormat('A message is marked as compressed and the call names no encoding');
    }
    return unpack(encoding, frame.bytes, { maxBytes, lease: frame.lease });
  }

  /** Says that the call was accepted, before there is a message. */
  sendHeaders(): void {
    const stream = this.#stream;
    if (this.over || stream.headersSent) return;
    stream.respond(this.#packs() ? packedHeaders : plainHeaders, WITH_TRAILERS);
    stream.once('wantTrailers', () => this.#sendTrailers());
  }

  /** One message of many. Resolves when there is room for the next, or nobody listens any more. */
  async send(message: Uint8Array): Promise<void> {
    const frame = this.#worthPacking(message) ? await packedFrame(message) : plainFrame(message);
    if (this.over) return;
    this.sendHeaders();
    this.bytesOut += frame.length;
    if (!this.#stream.write(frame) && !this.#stream.destroyed) await drained(this.#stream);
  }

  /** The only message, or the last. */
  answer(message: Uint8Array): void | Promise<void> {
    if (!this.#worthPacking(message)) return this.#answerWith(plainFrame(message));
    return packedFrame(message).then((frame) => this.#answerWith(frame));
  }

  end(code: GrpcCode = GrpcCode.ok, message = ''): void {
    if (this.over) return;
    this.#status = { code, message };
    if (this.#stream.headersSent) {
      this.#stream.end();
      this.#dropUnfetched();
      return;
    }
    this.#stream.respond({ ...plainHeaders, ...trailersOf(code, message) }, { endStream: true });
    this.#stopListening();
  }

  /** The server itself gives up on the call; whoever works on it is told why. */
  abort(reason: unknown): void {
    this.#abort.abort(reason);
    this.#reader?.fail(reason);
  }

  /** An answer is packed for those who pack their requests: pixels and vectors gain nothing, and it costs us. */
  #packs(): boolean {
    if (this.#headers['grpc-encoding'] !== 'gzip') return false;
    return (this.header('grpc-accept-encoding') ?? '').includes('gzip');
  }

  #worthPacking(message: Uint8Array): boolean {
    return message.length >= WORTH_PACKING && this.#packs();
  }

  #answerWith(frame: Buffer): void {
    if (this.over) return;
    this.sendHeaders();
    this.#status = DONE;
    this.bytesOut += frame.length;
    this.#stream.end(frame);
    this.#dropUnfetched();
  }

  /** An answer that nobody fetches would stay in memory for as long as the connection. */
  #dropUnfetched(): void {
    const stream = this.#stream;
    if (stream.writableLength > UNWATCHED_BYTES) {
      stream.setTimeout(UNFETCHED_MS, () => stream.close(constants.NGHTTP2_CANCEL));
    }
  }

  #sendTrailers(): void {
    if (this.#stream.destroyed || this.#stream.closed) return;
    const { code, message } = this.#status ?? { code: GrpcCode.internal, message: '' };
    this.#stream.sendTrailers(code === GrpcCode.ok ? OK_TRAILERS : trailersOf(code, message));
    this.#stopListening();
  }

  /**
   * A client that still sends is told to stop, without taking back the answer (RFC 9113, 8.1). Most stop by themselves,
   * and a reset sent at once would overtake the trailers.
   */
  #stopListening(): void {
    clearTimeout(this.#timer);
    if (this.#stream.readableEnded) return;
    // Dropped; and a paused stream would never be let go.
    this.#stream.resume();
    this.#timer = setTimeout(() => this.#stream.close(constants.NGHTTP2_NO_ERROR), HANG_UP_MS);
  }

  #expire(): void {
    this.end(GrpcCode.deadlineExceeded, 'Deadline exceeded');
    this.abort(requestTimeout());
  }

  #closed(): void {
    clearTimeout(this.#timer);
    if (!this.#status) this.abort(requestCanceled());
  }
}

function trailersOf(code: GrpcCode, message: string): Record<string, string> {
  const trailers = { 'grpc-status': String(code) };
  return message === '' ? trailers : { ...trailers, 'grpc-message': encodeURIComponent(message) };
}

function plainFrame(message: Uint8Array): Buffer {
  return frameOf(0, message);
}

async function packedFrame(message: Uint8Array): Promise<Buffer> {
  return frameOf(1, await pack(message));
}

function frameOf(flag: 0 | 1, message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(message.length + 5);
  frame.writeUInt8(flag, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

function isMessageEncoding(name: string): name is MessageEncoding {
  return (ENCODINGS as readonly string[]).includes(name);
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

export function parseTimeout(header: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(header) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.ceil(Number(digits) * (unitMs[unit] ?? Number.NaN));
}

function drained(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
