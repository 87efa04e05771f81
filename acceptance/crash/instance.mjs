// A platform with a home of its own that can be killed and started again.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `work` with an instance, and says what went wrong. */
export async function withInstance(work) {
  const folder = mkdtempSync(path.join(tmpdir(), 'limpid-crash-'));
  const instance = new Instance(folder, await freePort());
  try {
    await instance.start();
    console.log(await work(instance));
  } catch (error) {
    console.error(error);
    console.error(instance.log().trimEnd().split('\n').slice(-30).join('\n'));
    process.exitCode = 1;
  } finally {
    await instance.end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

class Instance {
  #home;
  #logFile;
  #port;
  #platform;

  constructor(folder, port) {
    this.#home = path.join(folder, 'home');
    this.#logFile = path.join(folder, 'platform.log');
    this.#port = port;
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  log() {
    return readFileSync(this.#logFile, 'utf8');
  }

  async start() {
    const log = openSync(this.#logFile, 'a');
    const env = {
      ...process.env,
      LIMPID_HOME: this.#home,
      LIMPID_PORT: String(this.#port),
      LIMPID_MODELS: 'none',
    };
    const child = spawn(process.execPath, [path.join(root, 'tools/start.mjs')], {
      cwd: root,
      env,
      stdio: ['ignore', log, log],
    });
    this.#platform = { child, exited: new Promise((resolve) => child.on('exit', resolve)) };
    await until(async () => {
      if (child.exitCode !== null) throw new Error('the platform does not start');
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      return answer?.ok;
    });
    const credentials = path.join(this.#home, 'credentials.json');
    await until(async () => existsSync(credentials));
    const { pat, user_id: userId } = JSON.parse(readFileSync(credentials));
    Object.assign(this, { pat, userId });
  }

  /** Calls the API below the first user. */
  async ask(where, init = {}) {
    const headers = { authorization: `Key ${this.pat}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.url}/v2/users/${this.userId}/${where}`, {
      ...init,
      headers,
    });
    return await answer.json();
  }

  async end(signal) {
    if (!this.#platform) return;
    this.#platform.child.kill(signal);
    await this.#platform.exited;
    this.#platform = undefined;
  }
}

export async function until(reached) {
  const deadline = Date.now() + 120_000;
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error('nothing moves any more');
    await sleep(20);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
