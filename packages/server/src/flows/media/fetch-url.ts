// Downloads what a stranger's URL names. We resolve the name ourselves and connect to the very address that was looked
// at, so no second answer of a name server leads elsewhere; every redirect starts from the beginning.
import { lookup as resolveName } from 'node:dns/promises';
import { createWriteStream } from 'node:fs';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { isFull } from '@limpid/store/home/full';
import { type AddressRules, readAddressRules } from './addresses.ts';

export type FetchFault = 'address' | 'url' | 'failed' | 'size' | 'time';

/** Why a download did not come about. The text is for the caller: it tells nothing about networks he may not see. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly fault: FetchFault;

  constructor(fault: FetchFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

export interface FetchOptions {
  /** Where the bytes go; what is left there after a failure is the caller's to remove. */
  readonly file: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Fetched {
  readonly size: number;
}

export type FetchUrl = (url: string, options: FetchOptions) => Promise<Fetched>;

export interface FetcherOptions {
  /** Hosts and ranges that may be reached although they are not public. */
  readonly allowed: readonly string[];
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Until the headers are there, between two chunks, and for everything. */
  readonly headersMs?: number;
  readonly idleMs?: number;
  readonly totalMs?: number;
}

const maxRedirects = 5;

export function createFetcher(options: FetcherOptions): FetchUrl {
  const setup: Setup = {
    rules: readAddressRules(options.allowed),
    resolve: options.resolve ?? resolveAll,
    headersMs: options.headersMs ?? 15_000,
    idleMs: options.idleMs ?? 20_000,
    totalMs: options.totalMs ?? 300_000,
  };
  return (url, request) => fetchWithin(setup, url, request);
}

interface Setup {
  readonly rules: AddressRules;
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

async function resolveAll(host: string): Promise<string[]> {
  return (await resolveName(host, { all: true, verbatim: true })).map(({ address }) => address);
}

async function fetchWithin(setup: Setup, url: string, request: FetchOptions): Promise<Fetched> {
  const timeout = AbortSignal.timeout(setup.totalMs);
  const signal = AbortSignal.any([request.signal, timeout]);
  try {
    return await follow(setup, url, { ...request, signal });
  } catch (error) {
    request.signal.throwIfAborted();
    // That our disk is full is no fault of the download: it may be tried again.
    if (error instanceof FetchError || isFull(error)) throw error;
    if (timeout.aborted) throw new FetchError('time', 'the download takes too long', error);
    throw new FetchError('failed', 'the download failed', error);
  }
}

async function follow(setup: Setup, start: string, request: FetchOptions): Promise<Fetched> {
  let url = start;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const response = await open(setup, url, request.signal);
    const next = redirectOf(response, url);
    if (next === undefined) return await receive(setup, response, request);
    response.destroy();
    url = next;
  }
  throw new FetchError('failed', `more than ${maxRedirects} redirects`);
}

async function open(setup: Setup, text: string, signal: AbortSignal): Promise<IncomingMessage> {
  const url = parse(text);
  const address = await chooseAddress(setup, url);
  const options: RequestOptions = {
    method: 'GET',
    signal,
    // No connection is shared, so none can lead to a host that was not looked at.
    agent: false,
    lookup: toOnly(address),
    timeout: setup.headersMs,
    headers: { accept: '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'limpid' },
  };
  return await new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http;
    const sent = client.request(url, options, resolve);
    sent.on('timeout', () => sent.destroy(new FetchError('time', 'the server does not answer')));
    sent.on('error', (error) => reject(explain(error)));
    sent.end();
  });
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !isWeb) throw new FetchError('url', 'only http and https URLs are fetched');
  if (url.username || url.password) throw new FetchError('url', 'the URL may not hold credentials');
  return url;
}

/** The first address of the host, provided that none of them is forbidden: a mixed answer is an attack. */
async function chooseAddress(setup: Setup, url: URL): Promise<string> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) ? [host] : await resolveHost(setup, host);
  const [first] = addresses;
  if (first === undefined) throw new FetchError('failed', `the host '${host}' is not known`);
  const isAllowed =
    setup.rules.isHostAllowed(host) || addresses.every(setup.rules.isAddressAllowed);
  if (!isAllowed)
    throw new FetchError('address', `the host '${host}' is not on the public internet`);
  return first;
}

async function resolveHost(setup: Setup, host: string): Promise<readonly string[]> {
  try {
    return await setup.resolve(host);
  } catch (cause) {
    throw new FetchError('failed', `the host '${host}' is not known`, cause);
  }
}

/** Answers every lookup of the connection with the address that was chosen. */
function toOnly(address: string): LookupFunction {
  const family = isIP(address);
  return (_host, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

function redirectOf(response: IncomingMessage, from: string): string | undefined {
  const { statusCode = 0, headers } = response;
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const { location = '' } = headers;
  if (!URL.canParse(location, from))
    throw new FetchError('failed', 'the server redirects to nowhere');
  return new URL(location, from).href;
}

async function receive(
  setup: Setup,
  response: IncomingMessage,
  { file, maxBytes, signal }: FetchOptions,
): Promise<Fetched> {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) {
    response.destroy();
    throw new FetchError('failed', `the server answered with HTTP status ${statusCode}`);
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes) {
    response.destroy();
    throw tooLarge(maxBytes);
  }
  response.setTimeout(setup.idleMs, () =>
    response.destroy(new FetchError('time', 'the download has stalled')),
  );
  let size = 0;
  // Counted behind the decoder: a small answer may hold a great many bytes.
  async function* counted(source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  }
  const target = createWriteStream(file, { mode: 0o600 });
  const decoder = decoderOf(headers['content-encoding']);
  if (decoder) await pipeline(response, decoder, counted, target, { signal });
  else await pipeline(response, counted, target, { signal });
  return { size };
}

function decoderOf(encoding = 'identity') {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new FetchError(
        'failed',
        `the server answers in an encoding that is not known: ${encoding}`,
      );
  }
}

function tooLarge(maxBytes: number): FetchError {
  return new FetchError('size', `more than ${Math.floor(maxBytes / 1024 / 1024)} MB`);
}

/** Only what helps the caller and tells nothing that he could not see himself. */
function explain(error: unknown): unknown {
  if (error instanceof FetchError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (/CERT|TLS|SSL/.test(code))
    return new FetchError('failed', 'the certificate of the server is not valid', error);
  if (code === 'ECONNREFUSED')
    return new FetchError('failed', 'the server refuses the connection', error);
  return error;
}
