#!/usr/bin/env node
// npm run acceptance: the official clients, their command line and curl against a running platform.
//
// 1. A Python environment in .cache/venv and node_modules in acceptance/node, each made again when its pins change.
// 2. A platform on a free port with a temporary home and three users.
// 3. The suites of acceptance/. 4. SIGTERM must end the platform with exit code 0. 5. SIGKILL,
//    also of the database alone, must lose nothing.
// Arguments go to pytest in place of all Python suites: npm run acceptance -- acceptance/python/test_keys.py -k patch
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startPlatform, tail } from './rig/platform.mjs';
import { add, forget, isGood, keep, none, sentence } from './rig/results.mjs';
import { runNodeSuites, runPytest, suiteEnvironment } from './rig/suites.mjs';
import { npm, root, run, seconds } from './shell.mjs';

const chosen = process.argv.slice(2);
const started = performance.now();
forget('acceptance');
const totals = await accept().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  return { ...none, failed: 1 };
});
if (chosen.length === 0) keep('acceptance', totals);
console.log(`\nnpm run acceptance (${seconds(started)}): ${sentence(totals)}`);
process.exitCode = isGood(totals) ? 0 : 1;

async function accept() {
  const python = await ensurePython();
  await ensureNodeClients();
  const platform = await startPlatform({ LIMPID_MODELS: process.env.LIMPID_MODELS ?? 'core' });
  let found = none;
  let problems = [];
  try {
    const users = {
      stranger: await platform.addUser('stranger'),
      sweeper: await platform.addUser('sweeper'),
    };
    const env = suiteEnvironment(platform, users);
    if (chosen.length > 0) found = await runPytest(python, chosen, env);
    else {
      found = await runPytest(python, ['acceptance/python', 'acceptance/rest'], env);
      found = add(found, await runNodeSuites(['acceptance/node/grpc', 'acceptance/node/sdk'], env));
    }
  } finally {
    problems = await platform.stop();
    for (const problem of problems) console.error(problem);
  }
  if (!isGood(found) || problems.length > 0) console.error(tail(platform.log()));
  platform.forget();
  found = add(found, { ...none, failed: problems.length });
  return chosen.length > 0 ? found : add(found, await crash());
}

/** Platforms of their own, which lose themselves or their database in the middle of their work. */
async function crash() {
  let found = none;
  for (const name of ['kill-ingest', 'kill-extraction', 'restart-database']) {
    const code = await run(process.execPath, [`acceptance/crash/${name}.mjs`]);
    found = add(found, code === 0 ? { ...none, passed: 1 } : { ...none, failed: 1 });
  }
  return found;
}

async function ensurePython() {
  const venv = path.join(root, '.cache/venv');
  const python = path.join(venv, 'bin/python');
  const pins = path.join(root, 'acceptance/python/requirements.txt');
  await ensureCurrent(venv, [pins], async () => {
    rmSync(venv, { recursive: true, force: true });
    await must('python3', ['-m', 'venv', venv]);
    await must(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      pins,
    ]);
  });
  return python;
}

async function ensureNodeClients() {
  const folder = path.join(root, 'acceptance/node');
  const pins = ['package.json', 'package-lock.json'].map((name) => path.join(folder, name));
  await ensureCurrent(path.join(folder, 'node_modules'), pins, async () => {
    const code = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
    if (code !== 0) throw new Error(`npm ci in acceptance/node ended with exit code ${code}`);
  });
}

/** Makes a folder again unless its stamp says that it was made from these pins. */
async function ensureCurrent(folder, pins, make) {
  const hash = createHash('sha256');
  for (const file of pins) hash.update(readFileSync(file));
  const wanted = `${hash.digest('hex')} ${process.platform} ${process.arch}`;
  const stamp = path.join(folder, '.limpid-stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const since = performance.now();
  await make();
  mkdirSync(folder, { recursive: true });
  writeFileSync(stamp, wanted);
  console.log(`acceptance: ${path.relative(root, folder)} in ${seconds(since)}`);
}

async function must(command, args) {
  const code = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with exit code ${code}`);
}
