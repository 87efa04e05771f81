import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAddressRules } from './addresses.ts';
import { createFetcher, type FetcherOptions } from './fetch-url.ts';

const folder = mkdtempSync(join(tmpdir(), 'limpid-fetch-'));
const file = join(folder, 'file');
let answer: RequestListener = (_request, response) => response.end();
const server = http.createServer((request, response) => answer(request, response));
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function get(url: string, options: Partial<FetcherOptions> = {}, maxBytes = 1000) {
  const fetchUrl = createFetcher({ allowed: ['127.0.0.1'], ...options });
  return fetchUrl(url, { file, maxBytes, signal: new AbortController().signal });
}

test('the bytes of the answer end in the file', async () => {
  answer = (_request, response) => response.end('hello');
  expect(await get(`${base}/a`)).toEqual({ size: 5 });
  expect(readFileSync(file, 'utf8')).toBe('hello');
});

test('a compressed answer is unpacked, and its size is that of what was in it', async () => {
  answer = (_request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync('x'.repeat(900)));
  };
  expect(await get(base)).toEqual({ size: 900 });
  await expect(get(base, {}, 500)).rejects.toMatchObject({ fault: 'size' });
});

test('an answer that is too large is left, whether it says its size or not', async () => {
  answer = (request, response) => {
    if (request.url === '/told') response.setHeader('content-length', '5000');
    for (let n = 0; n < 5; n += 1) response.write('x'.repeat(1000));
    response.end();
  };
  for (const path of ['/told', '/untold']) {
    await expect(get(base + path)).rejects.toMatchObject({ fault: 'size' });
  }
});

test('another status than 200 is a failure that is told', async () => {
  answer = (_request, response) => {
    response.statusCode = 404;
    response.end('gone');
  };
  await expect(get(base)).rejects.toMatchObject({
    fault: 'failed',
    message: expect.stringContaining('404'),
  });
});

test('redirects are followed, but not for ever', async () => {
  answer = (request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) return void response.end('there');
    response.writeHead(302, { location: `/${left - 1}` }).end();
  };
  expect(await get(`${base}/3`)).toEqual({ size: 5 });
  await expect(get(`${base}/9`)).rejects.toMatchObject({ fault: 'failed' });
});

test.each([
  'http://127.0.0.1/',
  'http://localhost/',
  'http://10.1.2.3/',
  'http://172.20.0.1/',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.64.0.1/',
  'http://0.0.0.0/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[fd00::1]/',
  'http://[fe80::1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://224.0.0.1/',
])('%s is not reached', async (url) => {
  await expect(get(url, { allowed: [] })).rejects.toMatchObject({ fault: 'address' });
});

test.each([
  'file:///etc/passwd',
  'data:text/plain,x',
  'ftp://example.org/',
  'gopher://example.org/',
  'x',
])('%s is no URL to fetch', async (url) => {
  await expect(get(url)).rejects.toMatchObject({ fault: 'url' });
});

test('a redirect to a private address is not followed', async () => {
  answer = (_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end();
  await expect(get(base)).rejects.toMatchObject({ fault: 'address' });
  answer = (_request, response) =>
    response.writeHead(302, { location: 'file:///etc/passwd' }).end();
  await expect(get(base)).rejects.toMatchObject({ fault: 'url' });
});

test('a name is resolved once, and the connection goes to the address that was looked at', async () => {
  answer = (request, response) => response.end(request.headers.host);
  const { port } = server.address() as AddressInfo;
  const answers = [['127.0.0.1'], ['10.0.0.1']];
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return answers.shift() ?? [];
  };
  await get(`http://rebind.test:${port}/`, { resolve });
  expect(asked).toEqual(['rebind.test']);
  expect(readFileSync(file, 'utf8')).toBe(`rebind.test:${port}`);
});

test('a name with one private address among public ones is refused', async () => {
  const resolve = async () => ['93.184.216.34', '127.0.0.1'];
  const reading = get('http://mixed.test/', { resolve, allowed: [] });
  await expect(reading).rejects.toMatchObject({ fault: 'address' });
});

test('a host that nobody knows, a server that refuses, and one that stalls', async () => {
  const unknown = async () => {
    throw new Error('ENOTFOUND');
  };
  await expect(get('http://nowhere.test/', { resolve: unknown })).rejects.toMatchObject({
    fault: 'failed',
  });
  await expect(get('http://127.0.0.1:1/')).rejects.toMatchObject({ fault: 'failed' });
  answer = (_request, response) => void response.write('a little');
  await expect(get(base, { idleMs: 100 })).rejects.toMatchObject({ fault: 'time' });
  await expect(get(base, { totalMs: 100 })).rejects.toMatchObject({ fault: 'time' });
  answer = () => undefined;
  await expect(get(base, { headersMs: 100 })).rejects.toMatchObject({ fault: 'time' });
});

test('the caller can call it off', async () => {
  answer = (_request, response) => void response.write('a little');
  const caller = new AbortController();
  const fetchUrl = createFetcher({ allowed: ['127.0.0.1'] });
  const reading = fetchUrl(base, { file, maxBytes: 1000, signal: caller.signal });
  setTimeout(() => caller.abort(new Error('enough')), 50);
  await expect(reading).rejects.toThrow('enough');
});

test('the operator allows hosts, addresses and ranges', () => {
  const rules = readAddressRules(['Files.Corp', '10.1.0.0/16', '127.0.0.1', 'fd00::/8']);
  expect(rules.isHostAllowed('files.corp')).toBe(true);
  expect(rules.isHostAllowed('evil.files.corp')).toBe(false);
  for (const address of ['10.1.2.3', '127.0.0.1', 'fd00::7', '8.8.8.8', '2606:4700::1111']) {
    expect(rules.isAddressAllowed(address), address).toBe(true);
  }
  for (const address of ['10.2.0.1', '127.0.0.2', 'fe80::1', '::1']) {
    expect(rules.isAddressAllowed(address), address).toBe(false);
  }
  expect(() => readAddressRules(['http://x/'])).toThrow('neither');
});
