// The only reader of the environment. Names, defaults and texts here are the contract of start-up.

/** The variables as given, each checked for its shape; meaning and combinations are config.ts' matter. */
export interface Env {
  readonly port: number;
  readonly host: string;
  readonly home: string;
  readonly publicUrl: string | undefined;
  readonly userId: string;
  readonly email: string | undefined;
  readonly password: string | undefined;
  readonly pat: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly blobs: string | undefined;
  readonly vectors: 'zvec' | 'pgvector' | undefined;
  readonly bus: string;
  readonly roles: readonly string[];
  readonly models: string;
  readonly modelsDir: string | undefined;
  readonly allowPrivateUrls: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly purgeAfterHours: number;
  readonly rateLimitRps: number;
  readonly maxMessageMb: number;
  readonly logLevel: string;
  readonly secretKey: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly pypiIndex: string | undefined;
  /** Whether traces are sent. How and where to is told by the standard variables, which their library reads itself. */
  readonly traces: boolean;
}

export class EnvError extends Error {
  override name = 'EnvError';
}

const KNOWN = new Set([
  'LIMPID_PORT',
  'LIMPID_HOST',
  'LIMPID_HOME',
  'LIMPID_PUBLIC_URL',
  'LIMPID_USER_ID',
  'LIMPID_EMAIL',
  'LIMPID_PASSWORD',
  'LIMPID_PAT',
  'LIMPID_BLOBS',
  'LIMPID_VECTORS',
  'LIMPID_BUS',
  'LIMPID_ROLES',
  'LIMPID_MODELS',
  'LIMPID_MODELS_DIR',
  'LIMPID_ALLOW_PRIVATE_URLS',
  'LIMPID_CORS_ORIGINS',
  'LIMPID_RATE_LIMIT_RPS',
  'LIMPID_PURGE_AFTER_HOURS',
  'LIMPID_MAX_MESSAGE_MB',
  'LIMPID_LOG_LEVEL',
  'LIMPID_SECRET_KEY',
  'LIMPID_TLS_CERT',
  'LIMPID_TLS_KEY',
  'LIMPID_PYPI_INDEX',
]);

// Variables of the project's own tests, which share the environment with the platform that they start.
const TEST_PREFIX = 'LIMPID_TEST_';

export function readEnv(vars: NodeJS.ProcessEnv): Env {
  const unknown = Object.keys(vars).filter(
    (name) => name.startsWith('LIMPID_') && !name.startsWith(TEST_PREFIX) && !KNOWN.has(name),
  );
  if (unknown.length > 0)
    throw new EnvError(`Unknown environment variable: ${unknown.sort().join(', ')}`);
  const text = (name: string): string | undefined => vars[name]?.trim() || undefined;
  return {
    port: integer(vars, 'LIMPID_PORT', 8080, 0, 65535),
    host: text('LIMPID_HOST') ?? '127.0.0.1',
    home: text('LIMPID_HOME') ?? './.limpid',
    publicUrl: url(vars, 'LIMPID_PUBLIC_URL'),
    userId: text('LIMPID_USER_ID') ?? 'admin',
    email: text('LIMPID_EMAIL'),
    password: vars.LIMPID_PASSWORD || undefined,
    pat: text('LIMPID_PAT'),
    databaseUrl: text('DATABASE_URL'),
    blobs: text('LIMPID_BLOBS'),
    vectors: oneOf(vars, 'LIMPID_VECTORS', ['zvec', 'pgvector'] as const),
    bus: oneOf(vars, 'LIMPID_BUS', ['local'] as const) ?? 'local',
    roles: list(vars, 'LIMPID_ROLES', ['all']),
    models: text('LIMPID_MODELS') ?? 'core',
    modelsDir: text('LIMPID_MODELS_DIR'),
    allowPrivateUrls: list(vars, 'LIMPID_ALLOW_PRIVATE_URLS', []),
    corsOrigins: list(vars, 'LIMPID_CORS_ORIGINS', []),
    purgeAfterHours: integer(vars, 'LIMPID_PURGE_AFTER_HOURS', 168, 1, 87_600),
    rateLimitRps: integer(vars, 'LIMPID_RATE_LIMIT_RPS', 0, 0, 1_000_000),
    maxMessageMb: integer(vars, 'LIMPID_MAX_MESSAGE_MB', 160, 1, 1024),
    logLevel: oneOf(vars, 'LIMPID_LOG_LEVEL', LEVELS) ?? 'info',
    secretKey: text('LIMPID_SECRET_KEY'),
    tlsCert: text('LIMPID_TLS_CERT'),
    tlsKey: text('LIMPID_TLS_KEY'),
    pypiIndex: url(vars, 'LIMPID_PYPI_INDEX'),
    traces: wantsTraces(vars),
  };
}

/** OpenTelemetry's own variables: an endpoint or an exporter that is named switches traces on. */
function wantsTraces(vars: NodeJS.ProcessEnv): boolean {
  if (vars.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false;
  const exporter = vars.OTEL_TRACES_EXPORTER?.trim();
  const endpoint =
    vars.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?.trim() || vars.OTEL_EXPORTER_OTLP_ENDPOINT?.trim();
  if (exporter === 'none' || !(exporter || endpoint)) return false;
  oneOf(vars, 'OTEL_TRACES_EXPORTER', ['otlp', 'none'] as const);
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'])
    oneOf(vars, name, ['http/protobuf'] as const);
  return true;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

function integer(
  vars: NodeJS.ProcessEnv,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const raw = vars[name]?.trim();
  if (!raw) return fallback;
  const value = Number(raw);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new EnvError(`${name} must be a whole number from ${min} to ${max}, not '${raw}'`);
  }
  return value;
}

function oneOf<T extends string>(
  vars: NodeJS.ProcessEnv,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const raw = vars[name]?.trim();
  if (!raw) return undefined;
  const found = allowed.find((candidate) => candidate === raw);
  if (!found) throw new EnvError(`${name} must be one of ${allowed.join(', ')}, not '${raw}'`);
  return found;
}

function list(
  vars: NodeJS.ProcessEnv,
  name: string,
  fallback: readonly string[],
): readonly string[] {
  const items = (vars[name] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  return items.length > 0 ? items : fallback;
}

function url(vars: NodeJS.ProcessEnv, name: string): string | undefined {
  const raw = vars[name]?.trim();
  if (!raw) return undefined;
  if (!URL.canParse(raw)) throw new EnvError(`${name} must be a URL, not '${raw}'`);
  return raw.replace(/\/+$/, '');
}
