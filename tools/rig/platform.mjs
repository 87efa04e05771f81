// A platform of its own for tests that drive it from outside: built, on a free port, in a temporary home.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt, limpid } from '../build.mjs';
import { capture, root } from '../shell.mjs';

const READY_WITHIN = 120_000;
const ENDED_WITHIN = 60_000;

/** Starts `npm start`'s program and waits until it is ready. */
export async function startPlatform(settings = {}) {
  await ensureBuilt();
  const folder = mkdtempSync(path.join(tmpdir(), 'limpid-'));
  const home = path.join(folder, 'home');
  const logFile = path.join(folder, 'platform.log');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...outsideEnvironment(),
    LIMPID_HOME: home,
    LIMPID_PORT: String(port),
    LIMPID_PUBLIC_URL: url,
    LIMPID_MODELS_DIR: path.join(root, '.cache/models'),
    // Suites serve files from this machine.
    LIMPID_ALLOW_PRIVATE_URLS: '127.0.0.1',
    ...settings,
  };
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [path.join(root, 'tools/start.mjs')], {
    cwd: root,
    env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
  const platform = {
    url,
    home,
    pid: child.pid,
    credentials: path.join(home, 'credentials.json'),
    log: () => readFileSync(logFile, 'utf8'),
    addUser: (id) => addUser(env, folder, id),
    stop: async () => [
      ...(await stop(child, exited, home)),
      ...complaints(readFileSync(logFile, 'utf8')),
    ],
    forget: () => rmSync(folder, { recursive: true, force: true }),
  };
  try {
    await untilReady(url, exited);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${error.message}\n${tail(platform.log())}`);
  }
  return platform;
}

/** Our own settings must not leak from the developer's shell into a platform under test. */
function outsideEnvironment() {
  const ours = /^(LIMPID_|DATABASE_URL$|CLARIFAI_|OTEL_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

async function untilReady(url, exited) {
  const deadline = Date.now() + READY_WITHIN;
  let ended;
  exited.then((outcome) => {
    ended = outcome;
  });
  let last = 'no answer';
  while (Date.now() < deadline) {
    if (ended) throw new Error(`the platform ended before it was ready (${JSON.stringify(ended)})`);
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      if (answer.ok) return;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = String(error.cause?.code ?? error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the platform was not ready within ${READY_WITHIN / 1000} s: ${last}`);
}

/** Adds a user through the `limpid` command; the path of a file like credentials.json. */
async function addUser(env, folder, id) {
  const { code, output } = await capture(process.execPath, [limpid, 'users', 'add', id], {
    env,
  });
  const json = output.split('\n').findLast((line) => line.startsWith('{'));
  if (code !== 0 || !json) throw new Error(`limpid users add ${id}: exit ${code}\n${output}`);
  const file = path.join(folder, `${id}.json`);
  writeFileSync(file, json, { mode: 0o600 });
  return file;
}

/** SIGTERM; what did not end as promised, in words. */
async function stop(child, exited, home) {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), ENDED_WITHIN);
  const { code, signal } = await exited;
  clearTimeout(late);
  const problems = [];
  if (code !== 0)
    problems.push(
      `SIGTERM ended the platform with ${signal ?? `exit code ${code}`}, not exit code 0`,
    );
  for (const left of ['postgres/postmaster.pid', 'postgres/data/postmaster.pid']) {
    if (existsSync(path.join(home, left))) problems.push(`the platform ended and left ${left}`);
  }
  return problems;
}

/** An orderly end is nothing to complain of. */
function complaints(log) {
  const entries = log.split('\n').filter((line) => line.startsWith('{"level":'));
  const end = entries.findLastIndex((line) => line.includes('"msg":"stopping"'));
  // At a lower level it tells nothing of the kind.
  const isTold = entries.some((line) => line.startsWith('{"level":30'));
  if (end < 0) return isTold ? ['the log does not tell that the platform stops'] : [];
  return entries
    .slice(end)
    .filter((line) => JSON.parse(line).level >= 40)
    .map((line) => `said while it stopped: ${line.slice(0, 400)}`);
}

export function tail(text, lines = 40) {
  const last = text.trimEnd().split('\n').slice(-lines);
  return last.map((line) => (line.length > 400 ? `${line.slice(0, 400)}…` : line)).join('\n');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
