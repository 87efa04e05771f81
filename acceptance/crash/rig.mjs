// A platform of its own that a scenario may maltreat: started, killed, asked over REST, and looked at in the end.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const python = path.join(root, '.cache/venv/bin/python');

/**
 * Runs one scenario on a platform with the app `crash`, and says in a line how it went. With `diskMb` its home stands on
 * a file system of that size; `env` are settings of its own.
 */
export async function scenario(name, ...given) {
  const run = given.pop();
  const rig = await createRig(given.pop() ?? {});
  try {
    console.log(`${name}: ${await run(rig)}`);
    await rig.stop();
  } catch (error) {
    console.error(error);
    for (const line of rig.log().trimEnd().split('\n').slice(-30))
      console.error(line.slice(0, 300));
    process.exitCode = 1;
  } finally {
    await rig.end('SIGKILL');
    rig.forget();
  }
}

export async function createRig({ diskMb, env = {} } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'limpid-crash-'));
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  const home = path.join(disk, 'home');
  const logFile = path.join(folder, 'platform.log');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let running;
  let account;

  async function start() {
    const log = openSync(logFile, 'a');
    const settings = {
      LIMPID_HOME: home,
      LIMPID_PORT: String(port),
      LIMPID_MODELS: 'none',
      ...env,
    };
    const program = [process.execPath, path.join(root, 'tools/start.mjs')];
    const [command, ...args] = diskMb ? onDisk(disk, diskMb, program) : program;
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...settings },
      stdio: ['ignore', log, log],
    });
    running = { child, exited: new Promise((resolve) => child.on('exit', resolve)) };
    await until(async () => {
      if (child.exitCode !== null) throw new Error('the platform does not start');
      return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok;
    });
  }

  /** How it exited; undefined where nothing runs. */
  async function end(signal) {
    const { child, exited } = running ?? {};
    running = undefined;
    child?.kill(signal);
    return await exited;
  }

  /** The whole answer to one call: nothing is repeated. */
  async function tell(where, init = {}) {
    const headers = { authorization: `Key ${account.pat}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v2/users/${account.userId}/${where}`, { ...init, headers });
    return { http: answer.status, body: await answer.json() };
  }

  await start();
  /** A path of the platform's disk, as this process sees it. */
  const inside = (name) =>
    path.join(diskMb ? `/proc/${running.child.pid}/root` : '', path.join(disk, name));
  const credentials = inside('home/credentials.json');
  await until(async () => existsSync(credentials));
  const { pat, user_id: userId } = JSON.parse(readFileSync(credentials));
  account = { pat, userId };
  await tell('apps', { method: 'POST', body: JSON.stringify({ apps: [{ id: 'crash' }] }) });
  return {
    home,
    inside,
    url,
    port,
    account,
    start,
    end,
    tell,
    ask: async (where, init) => (await tell(where, init)).body,
    upload: (count) => upload(url, account, count),
    log: () => readFileSync(logFile, 'utf8'),
    stop: async () => {
      const code = await end('SIGTERM');
      if (code !== 0) throw new Error(`SIGTERM ended the platform with exit code ${code}`);
    },
    forget: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The program with a file system in memory under its feet, which is gone when it ends. */
function onDisk(folder, megabytes, program) {
  const script = 'mount -t tmpfs -o size="$1" limpid "$0" && shift && exec "$@"';
  return [...newNamespace, 'sh', '-c', script, folder, `${megabytes}m`, ...program];
}

const newNamespace =
  process.getuid?.() === 0 ? ['unshare', '--mount'] : ['unshare', '--map-root-user', '--mount'];

/** The official SDK uploads pictures `image-0` and so on; resolves with its exit code. */
function upload(url, { pat, userId }, count) {
  const env = {
    ...process.env,
    CLARIFAI_USER_ID: userId,
    CLARIFAI_APP_ID: 'crash',
    CLARIFAI_API_BASE: url,
    CLARIFAI_PAT: pat,
  };
  const script = path.join(root, 'acceptance/crash/upload.py');
  const child = spawn(python, [script, String(count)], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => child.on('exit', resolve));
}

export const counts = async ({ ask }) => (await ask('apps/crash/inputs/status')).counts;

export async function untilProcessed(rig) {
  await until(async () => {
    const { to_process, processing } = await counts(rig);
    return to_process + processing === 0;
  });
}

export async function listInputs({ ask }) {
  const all = [];
  for (let page = 1; ; page += 1) {
    const { inputs = [] } = await ask(`apps/crash/inputs?per_page=1000&page=${page}`);
    all.push(...inputs);
    if (inputs.length < 1000) return all;
  }
}

/** What is wrong with the uploaded pictures, in words. */
export async function problemsOf(rig, pictures, count) {
  const ids = new Set(pictures.map(({ id }) => id));
  const problems = [
    ...(ids.size === count ? [] : [`${ids.size} different pictures`]),
    ...(pictures.length === ids.size ? [] : ['more pictures than were sent']),
    ...pictures
      .filter(({ status }) => status.code !== 30000)
      .map(({ id, status }) => `${id}: ${status.details}`),
    ...pictures
      .filter(({ data }) => data.concepts?.length !== 1)
      .map(({ id }) => `${id} has lost its label`),
    ...pictures
      .filter(({ data }) => data.image.image_info?.width !== 64)
      .map(({ id }) => `${id} was not looked at`),
  ];
  const headers = { authorization: `Key ${rig.account.pat}` };
  for (const { id, data } of pictures.filter((_, n) => n % 50 === 0)) {
    const answer = await fetch(data.image.url, { headers });
    if (answer.headers.get('content-type') !== 'image/png') problems.push(`${id} has no bytes`);
    await answer.arrayBuffer();
  }
  return problems;
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
