// A child process that speaks JSON lines, its exit watched and its last words kept.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { FromRunner, ToRunner } from './main.ts';

export interface ModelProcess {
  readonly pid: number | undefined;
  send(message: ToRunner): void;
  /** Ends it: first politely, after `graceMs` at once. Resolves when it is gone. */
  end(graceMs: number): Promise<void>;
  /** Resolves with what its end was: a code or signal, and the last lines of its stderr. */
  readonly ended: Promise<string>;
}

export interface ModelProcessOptions {
  /** The script to run, and flags for node before it. */
  readonly script: string;
  readonly nodeArgs?: readonly string[];
  readonly onMessage: (message: FromRunner) => void;
}

const STDERR_KEPT = 8192;

// What a model process needs of our environment; secrets of the platform are not among it.
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
  'NPM_CONFIG_USERCONFIG',
  'PIP_INDEX_URL',
  'PIP_CONFIG_FILE',
  'XDG_CONFIG_DIRS',
  'XDG_CONFIG_HOME',
  'LIMPID_PYPI_INDEX',
];

export function startModelProcess(options: ModelProcessOptions): ModelProcess {
  const env = Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), options.script], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stderr = keepTail(child);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('exit', (code, signal) => resolve(`${signal ?? `code ${code}`}: ${stderr()}`));
  });
  // Writing to a process that has just died is no error of ours: its end is reported by `ended`.
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = parse(line);
    if (message) options.onMessage(message);
  });
  return {
    pid: child.pid,
    ended,
    send: (message) => child.stdin.write(`${JSON.stringify(message)}\n`),
    end: async (graceMs) => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Native libraries may print to stdout too; what is not ours is dropped. */
function parse(line: string): FromRunner | undefined {
  if (!line.startsWith('{"')) return undefined;
  try {
    return JSON.parse(line) as FromRunner;
  } catch {
    return undefined;
  }
}

function keepTail(child: ChildProcess): () => string {
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_KEPT);
  });
  return () => tail.trim();
}
