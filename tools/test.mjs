#!/usr/bin/env node
// npm test: check, unit and database tests, then the Node client against a running platform.
// --unit: only the tests that need no database and no platform (to repeat them under another Node).
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { check } from './check.mjs';
import { startPlatform, tail } from './rig/platform.mjs';
import { add, forget, isGood, keep, none, sentence } from './rig/results.mjs';
import { runNodeSuites, suiteEnvironment } from './rig/suites.mjs';
import { root, run, seconds } from './shell.mjs';

const unitOnly = process.argv.includes('--unit');
const name = unitOnly ? 'unit' : 'test';
const started = performance.now();
forget(name);

let totals = none;
if (!unitOnly && !(await check())) totals = add(totals, { ...none, failed: 1 });
totals = add(totals, await runVitest());
if (!unitOnly) totals = add(totals, await runNodeClient());
keep(name, totals);
console.log(
  `\nnpm test${unitOnly ? ' -- --unit' : ''} (Node ${process.versions.node}, ${seconds(started)}): ${sentence(totals)}`,
);
process.exitCode = isGood(totals) ? 0 : 1;

async function runVitest() {
  const report = path.join(root, '.cache', `vitest-${process.pid}.json`);
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const code = await run(process.execPath, unitOnly ? [...args, '--project=unit'] : args);
  const found = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  rmSync(report, { force: true });
  if (!found) return { ...none, failed: 1 };
  const skipped = found.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => !['passed', 'failed'].includes(status));
  for (const { fullName, status } of skipped) console.error(`${status}: ${fullName}`);
  // A file that does not load fails without a test of its own.
  const broken = found.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  const failed = found.numFailedTests + broken.length;
  return {
    passed: found.numPassedTests,
    failed: failed || (code === 0 ? 0 : 1),
    skipped: skipped.length,
  };
}

async function runNodeClient() {
  let platform;
  try {
    platform = await startPlatform({ LIMPID_MODELS: 'none' });
    const users = { stranger: await platform.addUser('stranger') };
    const counted = await runNodeSuites(
      ['acceptance/node/grpc'],
      suiteEnvironment(platform, users),
    );
    const problems = await platform.stop();
    for (const problem of problems) console.error(problem);
    if (!isGood(counted) || problems.length > 0) console.error(tail(platform.log()));
    platform.forget();
    return add(counted, { ...none, failed: problems.length });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    await platform?.stop();
    return { ...none, failed: 1 };
  }
}
