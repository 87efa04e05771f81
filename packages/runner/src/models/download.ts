import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError } from './errors.ts';
import type { Location } from './sources.ts';

const ATTEMPTS = 4;
const STALL_MS = 60_000;

export interface DownloadOptions {
  readonly location: Location;
  readonly target: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly onBytes?: (received: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a pinned file to `target`. What arrived is kept in `target.part` and resumed by range; the
 * file appears under its name only after its SHA-256 is right.
 */
export async function download(options: DownloadOptions): Promise<void> {
  await mkdir(dirname(options.target), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRest(options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (attempt === ATTEMPTS || (error instanceof ModelError && !isTransient(error))) throw error;
      await sleep(250 * 2 ** attempt, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await feed(hash, path);
  return hash.digest('hex');
}

async function fetchRest(options: DownloadOptions): Promise<void> {
  const part = `${options.target}.part`;
  let have = await sizeOf(part);
  if (have > options.bytes) {
    await rm(part, { force: true });
    have = 0;
  }
  if (have < options.bytes) await receive(options, part, have);
  const got = await hashFile(part);
  if (got !== options.sha256) {
    await rm(part, { force: true });
    throw new ModelError('checksum', `SHA-256 is ${got}, expected ${options.sha256}`);
  }
  await rename(part, options.target);
}

async function receive(options: DownloadOptions, part: string, from: number): Promise<void> {
  const watchdog = new AbortController();
  const signals = [watchdog.signal, ...(options.signal ? [options.signal] : [])];
  let timer = setTimeout(() => watchdog.abort(), STALL_MS);
  try {
    const response = await fetch(options.location.url, {
      headers: { ...options.location.headers, ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
      signal: AbortSignal.any(signals),
    });
    const start = checkAnswer(response, from);
    const file = await open(part, start > 0 ? 'a' : 'w');
    try {
      let received = start;
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(() => watchdog.abort(), STALL_MS);
        received += chunk.length;
        if (received > options.bytes) throw new ModelError('checksum', 'longer than announced');
        await file.writeFile(chunk);
        options.onBytes?.(received);
      }
      if (received < options.bytes) throw new TransientError('the connection ended early');
    } finally {
      await file.close();
    }
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof ModelError) throw cause;
    throw new TransientError('the server does not answer or stopped sending', cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Where the body starts in the file; throws for answers that carry none. */
function checkAnswer(response: Response, from: number): number {
  if (response.status === 206) {
    const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
    if (Number(range?.[1]) === from) return from;
    throw new TransientError('the server sent another range');
  }
  if (response.status === 200) return 0;
  const text = `the server says ${response.status}`;
  if (response.status >= 500 || response.status === 429) throw new TransientError(text);
  throw new ModelError('download', text);
}

class TransientError extends ModelError {
  constructor(message: string, cause?: unknown) {
    super('download', message, cause);
  }
}

function isTransient(error: ModelError): boolean {
  return error instanceof TransientError;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.size,
    () => 0,
  );
}

async function feed(hash: Hash, path: string): Promise<void> {
  for await (const chunk of createReadStream(path)) hash.update(chunk);
}
