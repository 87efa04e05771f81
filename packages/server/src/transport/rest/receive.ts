// The bytes of a body as they arrive. Giving up leaves the rest unread; it never ends the connection, over which the
// answer still has to go.
import type { IncomingMessage } from 'node:http';
import { messageTooLarge, requestCanceled, requestTimeout } from '@limpid/wire';
import { collectUnpacked, createUnpacker, type Encoding, type Room } from '../compression.ts';
import { comeLater } from '../limits.ts';
import { type ProgressRule, watchProgress } from '../progress.ts';

export interface ReceiveOptions {
  readonly progress: ProgressRule;
  readonly maxBytes: number;
  /** Gives up early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Hands every chunk to `take`, which may throw to end it; resolves with the number of bytes after the last. */
export function receive(
  request: IncomingMessage,
  options: ReceiveOptions,
  take: (chunk: Buffer) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = 0;
    const leave = (): void => {
      watch.stop();
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      options.signal?.removeEventListener('abort', onAbort);
    };
    const giveUp = (error: unknown): void => {
      leave();
      request.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      watch.add(chunk.length);
      try {
        if (received > options.maxBytes) throw messageTooLarge(options.maxBytes);
        take(chunk);
      } catch (error) {
        giveUp(error);
      }
    };
    const onEnd = (): void => {
      leave();
      resolve(received);
    };
    const onClose = (): void => giveUp(requestCanceled());
    const onAbort = (): void => giveUp(options.signal?.reason);
    const watch = watchProgress(options.progress, () => {
      // While we hold the sender back, its silence is our doing.
      if (!request.isPaused()) giveUp(requestTimeout());
    });
    options.signal?.addEventListener('abort', onAbort);
    request.on('end', onEnd).on('close', onClose).on('error', onClose).on('data', onData);
    if (request.destroyed) onClose();
  });
}

/** A body of known length is collected in place. */
export async function receiveKnown(
  request: IncomingMessage,
  options: ReceiveOptions,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  await receive(request, { ...options, maxBytes: length }, (chunk) => {
    at += chunk.copy(bytes, at);
  });
  return bytes.subarray(0, at);
}

/** A body that doesn't say its length grows on its sender's account. */
export async function receiveUnknown(
  request: IncomingMessage,
  options: ReceiveOptions,
  grow: (bytes: number) => boolean,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const size = await receive(request, options, (chunk) => {
    if (!grow(chunk.length)) throw comeLater();
    chunks.push(chunk);
  });
  return Buffer.concat(chunks, size);
}

export interface Unpacked {
  readonly bytes: Buffer;
  readonly received: number;
}

export async function receivePacked(
  request: IncomingMessage,
  options: ReceiveOptions,
  encoding: Encoding,
  room: Room,
): Promise<Unpacked> {
  const unpacker = createUnpacker(encoding);
  const broken = new AbortController();
  const unpacked = collectUnpacked(encoding, unpacker, room);
  unpacked.catch((error: unknown) => broken.abort(error));
  unpacker.on('drain', () => request.resume());
  try {
    const received = await receive(request, { ...options, signal: broken.signal }, (chunk) => {
      if (!unpacker.write(chunk)) request.pause();
    });
    unpacker.end();
    return { bytes: await unpacked, received };
  } catch (error) {
    unpacker.destroy();
    throw error;
  }
}
