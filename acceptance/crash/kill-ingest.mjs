#!/usr/bin/env node
// Kills the platform with SIGKILL twice while the official SDK uploads 1,000 images, starts it again each time, and
// looks whether every image is there once, finished, with its labels and its bytes.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const COUNT = 1000;
const KILL_AT = [150, 500];
const root = fileURLToPath(new URL('../..', import.meta.url));
const python = path.join(root, '.cache/venv/bin/python');
const folder = mkdtempSync(path.join(tmpdir(), 'limpid-crash-'));
const home = path.join(folder, 'home');
const logFile = path.join(folder, 'platform.log');
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
let platform;

try {
  await run();
  console.log(
    `kill-ingest: ${COUNT} images, ${KILL_AT.length} kills: every one is there once, finished`,
  );
} catch (error) {
  console.error(error);
  console.error(readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-30).join('\n'));
  process.exitCode = 1;
} finally {
  await end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}

async function run() {
  await start();
  const credentials = path.join(home, 'credentials.json');
  await until(async () => existsSync(credentials));
  const { pat, user_id: userId } = JSON.parse(readFileSync(credentials));
  const ask = async (where, init = {}) => {
    const headers = { authorization: `Key ${pat}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v2/users/${userId}/${where}`, { ...init, headers });
    return await answer.json();
  };
  await ask('apps', { method: 'POST', body: JSON.stringify({ apps: [{ id: 'crash' }] }) });
  const uploaded = upload(userId, pat);
  for (const count of KILL_AT) {
    await until(async () => (await counts(ask)).processed >= count);
    await end('SIGKILL');
    await start();
    const { processed, to_process, processing } = await counts(ask);
    console.log(
      `killed at ${count}: ${processed} done, ${to_process} waiting, ${processing} in work`,
    );
  }
  if ((await uploaded) !== 0) throw new Error('the upload failed');
  await until(async () => {
    const { to_process, processing } = await counts(ask);
    return to_process + processing === 0;
  });
  await verify(ask, pat);
}

async function verify(ask, pat) {
  const { inputs } = await ask('apps/crash/inputs?per_page=1000');
  const more = await ask('apps/crash/inputs?per_page=1000&page=2');
  const ids = new Set(inputs.map(({ id }) => id));
  const problems = [
    ...(ids.size === COUNT ? [] : [`${ids.size} different inputs`]),
    ...(more.inputs?.length ? ['more inputs than were sent'] : []),
    ...inputs
      .filter(({ status }) => status.code !== 30000)
      .map(({ id, status }) => `${id}: ${status.details}`),
    ...inputs
      .filter(({ data }) => data.concepts?.length !== 1)
      .map(({ id }) => `${id} has lost its label`),
    ...inputs
      .filter(({ data }) => data.image.image_info?.width !== 64)
      .map(({ id }) => `${id} was not looked at`),
  ];
  for (const { id, data } of inputs.filter((_, n) => n % 50 === 0)) {
    const answer = await fetch(data.image.url, { headers: { authorization: `Key ${pat}` } });
    if (answer.headers.get('content-type') !== 'image/png') problems.push(`${id} has no bytes`);
  }
  const { inputs_add_jobs: jobs } = await ask('apps/crash/inputs/jobs/add?per_page=1000');
  const done = jobs.reduce((sum, { progress }) => sum + Number(progress.success_count), 0);
  if (done !== COUNT) problems.push(`the jobs count ${done} successes`);
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'));
}

async function counts(ask) {
  return (await ask('apps/crash/inputs/status')).counts;
}

function upload(userId, pat) {
  const env = {
    ...process.env,
    CLARIFAI_USER_ID: userId,
    CLARIFAI_APP_ID: 'crash',
    CLARIFAI_API_BASE: url,
    CLARIFAI_PAT: pat,
  };
  const script = path.join(root, 'acceptance/crash/upload.py');
  const child = spawn(python, [script], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.on('exit', resolve));
}

async function start() {
  const log = openSync(logFile, 'a');
  const env = {
    ...process.env,
    LIMPID_HOME: home,
    LIMPID_PORT: String(port),
    LIMPID_MODELS: 'none',
  };
  const child = spawn(process.execPath, [path.join(root, 'tools/start.mjs')], {
    cwd: root,
    env,
    stdio: ['ignore', log, log],
  });
  platform = { child, exited: new Promise((resolve) => child.on('exit', resolve)) };
  await until(async () => {
    if (child.exitCode !== null) throw new Error('the platform does not start');
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    return answer?.ok;
  });
}

async function end(signal) {
  if (!platform) return;
  platform.child.kill(signal);
  await platform.exited;
  platform = undefined;
}

async function until(reached) {
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
