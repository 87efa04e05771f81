import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { locate, type NpmSource, type PypiSource } from './sources.ts';

const npm: NpmSource = {
  kind: 'npm',
  name: '@scope/pkg',
  version: '1.2.3',
  sha256: '',
  bytes: 1,
  members: {},
};
const pypi: PypiSource = {
  kind: 'pypi',
  project: 'Some_Project',
  filename: 'some_project-1.0-py3-none-any.whl',
  sha256: '',
  bytes: 1,
  members: {},
};

let home: string;
let server: Server;
let base: string;
let answer: { type: string; body: string };
let asked: { url: string | undefined; authorization: string | undefined }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    response
      .writeHead(answer.body === '' ? 404 : 200, { 'content-type': answer.type })
      .end(answer.body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'limpid-'));
  asked = [];
  return () => rm(home, { recursive: true });
});

async function npmUrl(env: Record<string, string>): Promise<string | undefined> {
  return (await locate(npm, { HOME: home, ...env }))[0]?.url;
}

test('npm: environment over user file over default, a scope has its own registry', async () => {
  await writeFile(join(home, '.npmrc'), 'registry=https://user.example/npm/\n');
  expect(await npmUrl({})).toBe('https://user.example/npm/@scope/pkg/-/pkg-1.2.3.tgz');
  expect(await npmUrl({ npm_config_registry: 'https://env.example' })).toBe(
    'https://env.example/@scope/pkg/-/pkg-1.2.3.tgz',
  );
  const file = join(home, 'other');
  await writeFile(
    file,
    `; comment
@scope:registry = "https://scoped.example"
//scoped.example/:_authToken=\${MY_TOKEN}
`,
  );
  const [place] = await locate(npm, { NPM_CONFIG_USERCONFIG: file, MY_TOKEN: 't0k', HOME: home });
  expect(place).toEqual({
    url: 'https://scoped.example/@scope/pkg/-/pkg-1.2.3.tgz',
    headers: { authorization: 'Bearer t0k' },
  });
});

test.each([
  [
    'application/vnd.pypi.simple.v1+json',
    JSON.stringify({ files: [{ filename: pypi.filename, url: '../../files/x.whl' }] }),
  ],
  [
    'text/html',
    `<a data-x="1" href="../../files/y.whl#sha256=0">other.whl</a>
     <a href="../../files/x.whl#sha256=abc">${pypi.filename}</a>`,
  ],
])('PyPI: finds the file on a %s page', async (type, body) => {
  answer = { type, body };
  const env = {
    HOME: home,
    PIP_INDEX_URL: 'http://unused.example',
    LIMPID_PYPI_INDEX: `${base}/simple/`,
  };
  const [place] = await locate(pypi, env);
  expect(place?.url).toBe(`${base}/files/x.whl`);
  expect(asked).toEqual([{ url: '/simple/some-project/', authorization: undefined }]);
});

test("PyPI: pip's file is obeyed, credentials in the address become a header", async () => {
  answer = { type: 'text/html', body: `<a href="/f.whl">${pypi.filename}</a>` };
  const folder = join(home, '.config/pip');
  await mkdir(folder, { recursive: true });
  const index = base.replace('//', '//me:p%40ss@');
  await writeFile(
    join(folder, 'pip.conf'),
    `[install]\nindex-url = http://no.example\n[global]\nindex-url = ${index}/s\n`,
  );
  const [place] = await locate(pypi, { HOME: home });
  const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  expect(place).toEqual({ url: `${base}/f.whl`, headers: { authorization } });
  expect(asked[0]).toEqual({ url: '/s/some-project/', authorization });
});

test('PyPI: says what is missing', async () => {
  answer = { type: 'text/html', body: '<a href="z">z</a>' };
  const env = { HOME: home, LIMPID_PYPI_INDEX: base };
  await expect(locate(pypi, env)).rejects.toThrow('does not list some_project-1.0');
  answer = { type: 'text/html', body: '' };
  await expect(locate(pypi, env)).rejects.toThrow('says 404 for Some_Project');
});

test('hub: endpoint and token come from the environment', async () => {
  const hub = {
    kind: 'hub',
    repository: 'org/model',
    revision: 'abc',
    path: 'dir/file.txt',
    as: 'file.txt',
    sha256: '',
    bytes: 1,
  } as const;
  expect(await locate(hub, { HF_ENDPOINT: 'https://hub.example/', HF_TOKEN: 'h' })).toEqual([
    {
      url: 'https://hub.example/org/model/resolve/abc/dir/file.txt',
      headers: { authorization: 'Bearer h' },
    },
  ]);
});
