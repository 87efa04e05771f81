import { expect, test } from 'vitest';
import { start } from './test/start.ts';

const page = 'https://app.example.org';
const options = { corsOrigins: [page] };

const preflight = (origin: string): RequestInit => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-clarifai-session-token,x-evil',
  },
});

test('an allowed page may ask, with our headers and no others', async () => {
  await using server = await start({}, options);
  const { status, headers } = await fetch(`${server.listener.url}/v2/inputs`, preflight(page));
  expect(status).toBe(204);
  expect(headers.get('access-control-allow-origin')).toBe(page);
  expect(headers.get('access-control-allow-methods')).toContain('PATCH');
  expect(headers.get('access-control-allow-headers')).toBe(
    'authorization, content-type, x-clarifai-session-token',
  );
  expect(headers.get('vary')).toBe('Origin');
  expect(server.dispatcher.opened).toHaveLength(0);
});

test('another page may not', async () => {
  await using server = await start({}, options);
  for (const origin of ['https://evil.example', 'null', `${page}.evil.example`]) {
    const { headers } = await fetch(`${server.listener.url}/v2/inputs`, preflight(origin));
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

test('answers name the allowed page, never everybody', async () => {
  await using server = await start({ unary: () => ({}) }, options);
  const get = async (origin?: string) => {
    const headers = { authorization: 'Key good', ...(origin ? { origin } : {}) };
    const response = await fetch(`${server.listener.url}/v2/inputs`, { headers });
    await response.text();
    return response.headers;
  };
  const allowed = await get(page);
  expect(allowed.get('access-control-allow-origin')).toBe(page);
  expect(allowed.get('vary')).toContain('Origin');
  expect((await get('https://evil.example')).get('access-control-allow-origin')).toBeNull();
  expect((await get()).get('access-control-allow-origin')).toBeNull();
});

test('failures are readable for an allowed page as well', async () => {
  await using server = await start({}, options);
  const { status, headers } = await fetch(`${server.listener.url}/nothing`, {
    headers: { origin: page },
  });
  expect(status).toBe(404);
  expect(headers.get('access-control-allow-origin')).toBe(page);
});

test('every answer carries the headers that keep browsers careful; a route may have its own', async () => {
  await using server = await start(
    {},
    {
      extras: [
        (app) =>
          void app.get('/page', (_request, reply) =>
            reply.header('content-security-policy', "default-src 'self'").send('hi'),
          ),
      ],
    },
  );
  const plain = await fetch(`${server.listener.url}/v2/nothing`);
  expect(plain.headers.get('x-content-type-options')).toBe('nosniff');
  expect(plain.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(plain.headers.get('x-frame-options')).toBe('DENY');
  const own = await fetch(`${server.listener.url}/page`);
  expect(own.headers.get('content-security-policy')).toBe("default-src 'self'");
});
