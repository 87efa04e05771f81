// gRPC messages out of an HTTP/2 stream: a flag, four bytes of length, the message. The length is known before the
// message is read, so its room is reserved first, and what nobody asked for yet stays with the client.
import type { ServerHttp2Stream } from 'node:http2';
import { badRequestFormat, messageTooLarge, requestCanceled, requestTimeout } from '@limpid/wire';
import type { Lease } from '../limits.ts';
import { type ProgressRule, type ProgressWatch, watchProgress } from '../progress.ts';

export interface Frame {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
  /** Whoever takes the frame releases it. */
  readonly lease: Lease;
}

export interface FrameRules {
  readonly maxBytes: number;
  readonly progress: ProgressRule;
  reserve(bytes: number): Lease | Promise<Lease>;
}

const HEADER = 5;
/** Read ahead of the consumer: enough to keep a busy stream going, little enough for a thousand idle ones. */
const AHEAD_FRAMES = 64;
const AHEAD_BYTES = 1024 * 1024;

/** What a reader that was stopped says to whoever still asks. */
const STOPPED = new Error('The reading was stopped');

interface Asked {
  resolve(frame: Frame | undefined): void;
  reject(error: unknown): void;
}

export class FrameReader {
  bytesIn = 0;
  readonly #source: ServerHttp2Stream;
  readonly #rules: FrameRules;
  readonly #ready: Frame[] = [];
  #readyBytes = 0;
  #asked: Asked | undefined;
  #started = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  readonly #header = Buffer.alloc(HEADER);
  #headerLength = 0;
  #lease: Lease | undefined;
  #body: Buffer | undefined;
  #bodyLength = 0;
  #watch: ProgressWatch | undefined;
  /** Bytes that arrived with the length of a message whose room is not granted yet. */
  #held: Buffer | undefined;

  constructor(source: ServerHttp2Stream, rules: FrameRules) {
    this.#source = source;
    this.#rules = rules;
  }

  /** The next message; undefined after the last. Rejects for what can't be read. One call at a time. */
  next(): Promise<Frame | undefined> {
    const frame = this.#ready.shift();
    if (frame) {
      this.#readyBytes -= frame.bytes.length;
      this.#flow();
      return Promise.resolve(frame);
    }
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      this.#start();
    });
  }

  /** Ends the reading with an error: the client is gone, or time is over. */
  fail(error: unknown): void {
    this.#fail(error);
  }

  /** Nothing more is wanted. Gives back what was read and not taken; what still arrives is dropped. */
  stop(): void {
    if (!this.#ended) this.#fail(STOPPED);
    for (const frame of this.#ready.splice(0)) frame.lease.release();
    this.#readyBytes = 0;
  }

  #start(): void {
    if (this.#started) {
      this.#flow();
      return;
    }
    this.#started = true;
    this.#source.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#source.on('end', () => this.#end());
    if (this.#source.destroyed) this.#fail(requestCanceled());
    // A stream that ended without data has said so already.
    else if (this.#source.readableEnded) this.#end();
  }

  #take(chunk: Buffer): void {
    if (this.#failure) return;
    let at = 0;
    while (at < chunk.length && !this.#failure) {
      if (this.#lease) at = this.#takeBody(chunk, at);
      else at = this.#takeHeader(chunk, at);
      if (this.#held) return;
    }
    if (this.#body) this.#watch ??= watchProgress(this.#rules.progress, () => this.#stalled());
    this.#watch?.add(chunk.length);
  }

  #stalled(): void {
    // While we hold the client back, its silence is our doing.
    if (!this.#source.isPaused()) this.#fail(requestTimeout());
  }

  #takeHeader(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + HEADER - this.#headerLength);
    this.#headerLength += chunk.copy(this.#header, this.#headerLength, at, end);
    if (this.#headerLength < HEADER) return end;
    const flag = this.#header.readUInt8(0);
    const length = this.#header.readUInt32BE(1);
    if (flag > 1) this.#fail(badRequestFormat(`Unknown flag ${flag} before a gRPC message`));
    else if (length > this.#rules.maxBytes) this.#fail(messageTooLarge(this.#rules.maxBytes));
    else this.#reserve(length, chunk, end);
    return end;
  }

  #reserve(length: number, chunk: Buffer, at: number): void {
    try {
      const lease = this.#rules.reserve(length);
      if (!(lease instanceof Promise)) {
        this.#begin(lease, chunk, at);
        return;
      }
      this.#held = chunk.subarray(at);
      this.#source.pause();
      lease.then(
        (granted) => this.#resume(granted),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #resume(lease: Lease): void {
    if (this.#failure) {
      lease.release();
      return;
    }
    const held = this.#held ?? Buffer.alloc(0);
    this.#held = undefined;
    this.#begin(lease, held, 0);
    this.#take(held);
    this.#flow();
  }

  #begin(lease: Lease, chunk: Buffer, at: number): void {
    this.#lease = lease;
    const length = this.#header.readUInt32BE(1);
    // A message inside one chunk is used where it lies; a longer one is collected in place, never twice in memory.
    if (length > chunk.length - at) this.#body = Buffer.allocUnsafeSlow(length);
    if (length === 0) this.#finish(Buffer.alloc(0));
  }

  #takeBody(chunk: Buffer, at: number): number {
    const length = this.#header.readUInt32BE(1);
    if (!this.#body) {
      this.#finish(chunk.subarray(at, at + length));
      return at + length;
    }
    const end = Math.min(chunk.length, at + length - this.#bodyLength);
    this.#bodyLength += chunk.copy(this.#body, this.#bodyLength, at, end);
    if (this.#bodyLength === length) this.#finish(this.#body);
    return end;
  }

  #finish(bytes: Buffer): void {
    const lease = this.#lease;
    if (!lease) return;
    const frame = { compressed: this.#header.readUInt8(0) === 1, bytes, lease };
    this.bytesIn += bytes.length;
    this.#reset();
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked) {
      asked.resolve(frame);
      return;
    }
    this.#ready.push(frame);
    this.#readyBytes += bytes.length;
    if (this.#full()) this.#source.pause();
  }

  #reset(): void {
    this.#headerLength = 0;
    this.#lease = undefined;
    this.#body = undefined;
    this.#bodyLength = 0;
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #full(): boolean {
    return this.#ready.length >= AHEAD_FRAMES || this.#readyBytes >= AHEAD_BYTES;
  }

  #flow(): void {
    if (this.#started && !this.#held && !this.#full() && this.#source.isPaused())
      this.#source.resume();
  }

  #end(): void {
    // A broken connection ends the stream too.
    if (this.#source.aborted) this.#fail(requestCanceled());
    else if (this.#headerLength > 0)
      this.#fail(badRequestFormat('The stream ended inside a message'));
    this.#ended = true;
    this.#asked?.resolve(undefined);
    this.#asked = undefined;
  }

  #fail(error: unknown): void {
    if (this.#failure || (this.#ended && this.#ready.length === 0)) return;
    this.#failure = { error };
    this.#source.pause();
    this.#held = undefined;
    this.#lease?.release();
    this.#reset();
    this.#asked?.reject(error);
    this.#asked = undefined;
  }
}
