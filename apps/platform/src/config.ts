// What the environment means: combinations checked, paths made absolute, files read. Frozen and passed on from here.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isClientId } from '@limpid/wire';
import { type Env, EnvError } from './env.ts';

export interface Config extends Omit<Env, 'home' | 'tlsCert' | 'tlsKey' | 'modelsDir' | 'email'> {
  readonly home: string;
  readonly modelsDir: string;
  readonly email: string;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly tlsCertPath: string | undefined;
}

/** Ids that no person may take: aliases of the API and owners of what the instance seeds. */
export const RESERVED_IDS: ReadonlySet<string> = new Set(['me', 'clarifai', 'openai', 'limpid']);

const ROLES = ['all', 'serve', 'work', 'agent', 'runner'];

export function makeConfig(env: Env): Config {
  checkRoles(env);
  if (env.vectors === 'pgvector' && !env.databaseUrl) {
    throw new EnvError(
      'LIMPID_VECTORS=pgvector needs DATABASE_URL: the embedded PostgreSQL has no such extension',
    );
  }
  if (!isClientId(env.userId))
    throw new EnvError(`LIMPID_USER_ID '${env.userId}' is not a valid id`);
  if (RESERVED_IDS.has(env.userId))
    throw new EnvError(`LIMPID_USER_ID '${env.userId}' is reserved`);
  const home = resolve(env.home);
  return Object.freeze({
    ...env,
    home,
    modelsDir: env.modelsDir ? resolve(env.modelsDir) : resolve(home, 'models'),
    email: env.email ?? `${env.userId}@localhost`,
    tls: readTls(env),
    tlsCertPath: env.tlsCert,
  });
}

function checkRoles(env: Env): void {
  const unknown = env.roles.filter((role) => !ROLES.includes(role));
  if (unknown.length > 0)
    throw new EnvError(`LIMPID_ROLES knows ${ROLES.join(', ')}, not '${unknown.join(', ')}'`);
  if (env.roles.length === 1 && env.roles[0] === 'all') return;
  const lacking = [
    ...(env.databaseUrl ? [] : ['DATABASE_URL']),
    ...(env.vectors === 'pgvector' ? [] : ['LIMPID_VECTORS=pgvector']),
    ...(env.bus === 'local' ? ['a LIMPID_BUS that processes share (none is available yet)'] : []),
  ];
  throw new EnvError(`LIMPID_ROLES=${env.roles.join(',')} needs ${lacking.join(', ')}`);
}

function readTls(env: Env): Config['tls'] {
  if (!env.tlsCert && !env.tlsKey) return undefined;
  if (!env.tlsCert || !env.tlsKey)
    throw new EnvError('LIMPID_TLS_CERT and LIMPID_TLS_KEY must be given together');
  return {
    cert: readPem('LIMPID_TLS_CERT', env.tlsCert),
    key: readPem('LIMPID_TLS_KEY', env.tlsKey),
  };
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new EnvError(`${name}: can not read ${path}`);
  }
}
